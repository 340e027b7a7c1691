/** From the arguments of a tool to the request that its operation is. */
import { memberOf } from "@castellan/mcp";
import type { ApiKey } from "../document/api-document.ts";
import { bodyArgument, type Operation, type Parameter } from "../operations/operation.ts";
import { takenFor } from "../operations/own-path.ts";
import { writeBody, type WrittenBody } from "./body.ts";
import { encode, encodeReserved } from "./encode.ts";
import { isGivenObject, isList, parseGiven, textOf, type Given, type GivenObject } from "./given.ts";
import { isFraming, isHeaderValue } from "./header-rules.ts";
import { requestInvalid } from "./invalid.ts";
import { joinPairs, toPairs, type NamedPair } from "./pairs.ts";
import { writePath } from "./path.ts";

export interface ApiRequest {
  readonly method: Operation["method"];
  /** With its query, as it is sent. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
}

export interface RequestOptions {
  /** All of the document: none of them is called by the name of another. */
  readonly operations: readonly Operation[];
  /** Where the API is. Its path stands before that of the operation; its query before all others. */
  readonly url: URL;
  /** An admin's and the credentials', names in lower case: they go before what a caller gave. */
  readonly headers: Readonly<Record<string, string>>;
  readonly apiKeys: readonly ApiKey[];
  readonly userAgent: string;
  readonly maxBodyBytes: number;
}

type Values = ReadonlyMap<string, readonly [Parameter, Given]>;

/** `argumentsText`: a JSON object. Throws `api_request_invalid`, whose `field` is the argument. */
export function buildRequest(
  operation: Operation,
  argumentsText: string,
  options: RequestOptions,
): ApiRequest {
  const given = parseGiven(argumentsText);
  if (!isGivenObject(given)) throw requestInvalid("arguments", "has to be an object");
  assertKnown(operation, given);
  const values = valuesOf(operation, given);
  const keys = keysIn(options);
  const body = bodyOf(operation, given, argumentsText, options.maxBodyBytes);
  const basePath = (operation.basePath ?? options.url.pathname).replace(/\/+$/, "");
  const query = [
    options.url.search.slice(1),
    joinPairs([...pairsOf("query", values, options.apiKeys), ...keys.query]),
  ].filter((part) => part !== "");
  const ownPath = writePath(operation, namedIn("path", values));
  const other = takenFor(options.operations, operation, ownPath);
  if (other)
    throw requestInvalid("The path", `would be that of another operation: ${other.method} ${other.path}`);
  const path = basePath + ownPath;
  return {
    method: operation.method,
    path: query.length === 0 ? path : `${path}?${query.join("&")}`,
    headers: {
      "user-agent": options.userAgent,
      accept: operation.accept,
      ...headersOf(values),
      ...keys.headers,
      ...cookieOf(pairsOf("cookie", values, options.apiKeys), keys),
      ...(body && { "content-type": body.contentType }),
      "accept-encoding": "identity",
    },
    body: body?.content,
  };
}

function assertKnown({ parameters, body }: Operation, given: GivenObject): void {
  const known = new Set([...parameters.map(({ argument }) => argument), ...(body ? [bodyArgument] : [])]);
  for (const name of Object.keys(given))
    if (!known.has(name)) throw requestInvalid(name.slice(0, 80), "is not an argument of this operation");
}

/** What is null is not given. */
function valuesOf({ parameters }: Operation, given: GivenObject): Values {
  const values = new Map<string, readonly [Parameter, Given]>();
  for (const parameter of parameters) {
    const { argument } = parameter;
    const value = Object.hasOwn(given, argument) ? given[argument] : undefined;
    if (value !== undefined && value !== null) values.set(argument, [parameter, value]);
    else if (parameter.isRequired) throw requestInvalid(argument, "is missing");
  }
  return values;
}

function namedIn(place: Parameter["in"], values: Values): Values {
  const found = [...values.values()].filter(([parameter]) => parameter.in === place);
  return new Map(found.map((entry) => [entry[0].name, entry]));
}

/** The members of an object may become pairs of any name: never that of a key. */
function pairsOf(place: ApiKey["in"], values: Values, apiKeys: readonly ApiKey[]): readonly NamedPair[] {
  const pairs = [...namedIn(place, values).values()].flatMap(([parameter, value]) => {
    const { name, style, explode, allowReserved, isJson } = parameter;
    const write = allowReserved && place === "query" ? encodeReserved : encode;
    if (isJson) return [{ name, text: write(JSON.stringify(value)) }];
    return toPairs(name, value, { style, explode, encode: write });
  });
  const taken = pairs.find(({ name }) => apiKeys.some((key) => key.in === place && key.name === name));
  if (taken) throw requestInvalid(taken.name, "is a credential, and not a caller's to give");
  return pairs;
}

function headersOf(values: Values): Readonly<Record<string, string>> {
  const headers: [string, string][] = [];
  for (const [parameter, given] of namedIn("header", values).values()) {
    const value = parameter.isJson ? JSON.stringify(given) : simple(given, parameter.explode);
    if (!isHeaderValue(value))
      throw requestInvalid(parameter.argument, "has a character that no header may have");
    headers.push([parameter.name.toLowerCase(), value.trim()]);
  }
  return Object.fromEntries(headers);
}

/** §4.8.12.4, style `simple`; a header is not percent-encoded. */
function simple(given: Given, explode: boolean): string {
  if (isList(given)) return given.map(textOf).join(",");
  if (!isGivenObject(given)) return textOf(given);
  return Object.entries(given)
    .map(([name, value]) => `${name}${explode ? "=" : ","}${textOf(value)}`)
    .join(",");
}

interface Keys {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: readonly NamedPair[];
  readonly cookies: readonly string[];
}

/** Headers that are the name of a key of the API, and so are sent where the API takes it. */
function keysIn({ headers, apiKeys }: RequestOptions): Keys {
  const rest: [string, string][] = [];
  const query: NamedPair[] = [];
  const cookies: string[] = [];
  for (const [header, value] of Object.entries(headers)) {
    if (isFraming(header)) continue;
    const keys = apiKeys.filter(({ name }) => name.toLowerCase() === header);
    if (keys.length === 0) rest.push([header, value]);
    for (const key of keys)
      if (key.in === "query") query.push({ name: key.name, text: encode(value) });
      else cookies.push(`${key.name}=${value.replaceAll(/[\s;,\\"]/g, encode)}`);
  }
  return { headers: Object.fromEntries(rest), query, cookies };
}

/** What an admin set comes last, and is what a reader takes that takes the last; a caller's of the same name is left out. */
function cookieOf(pairs: readonly NamedPair[], { headers, cookies }: Keys): { readonly cookie?: string } {
  const own = [...(headers["cookie"] === undefined ? [] : [headers["cookie"]]), ...cookies];
  const taken = new Set(
    own
      .join("; ")
      .split(/;\s*/)
      .map((cookie) => cookie.split("=", 1)[0]),
  );
  const given = pairs
    .filter(({ name }) => !taken.has(name))
    .map(({ name, text }) => `${encode(name)}=${text}`);
  const all = [...given, ...own];
  return all.length === 0 ? {} : { cookie: all.join("; ") };
}

function bodyOf(
  { body }: Operation,
  given: GivenObject,
  argumentsText: string,
  maxBytes: number,
): WrittenBody | undefined {
  if (!body) return undefined;
  const value = Object.hasOwn(given, bodyArgument) ? given[bodyArgument] : undefined;
  const text = memberOf(argumentsText, bodyArgument);
  if (value === undefined || text === undefined || (value === null && !body.isRequired)) {
    if (body.isRequired) throw requestInvalid(bodyArgument, "is missing");
    return undefined;
  }
  return writeBody(body, value, text, maxBytes);
}
