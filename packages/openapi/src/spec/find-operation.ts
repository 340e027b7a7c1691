/** Which operation a request of code is, and what its arguments are as those of its tool. */
import { openapiFaults } from "../faults.ts";
import type { ApiDocument } from "../document/api-document.ts";
import {
  bodyArgument,
  type Operation,
  type Parameter,
  type ParameterPlace,
} from "../operations/operation.ts";
import { nearestOperations } from "./nearest-operations.ts";
import { indexOf, matchSegments } from "../operations/operation-index.ts";
import { requestInvalid } from "../requests/invalid.ts";

/** What code asks for. `params`: for a path as the document writes it, `/users/{id}`. */
export interface ApiCall {
  readonly method: string;
  readonly path: string;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
}

export interface ToolCall {
  /** The tool, as its server calls it. */
  readonly tool: string;
  /** JSON of an object. */
  readonly arguments: string;
}

/** By the name that the server has for a tool, whether the caller may use it. */
export type IsOpen = (tool: string) => boolean;

const maxPathChars = 8 * 1024;

/**
 * A path may be written out (`/users/7`), or as the document has it, with `params`. Of several that fit, the one with more of it
 * written out. Throws `api_operation_unknown`; `api_request_invalid`, whose `field` is the part of the call.
 */
export function findOperation(
  { operations }: Pick<ApiDocument, "operations">,
  call: ApiCall,
  isOpen: IsOpen = () => true,
): ToolCall {
  const found = match(operations, call, isOpen);
  const { operation } = found;
  const args = new Map<string, unknown>();
  const add = (parameter: Parameter, value: unknown) =>
    args.set(parameter.argument, fitted(value, parameter.type));
  for (const [name, value] of found.params) {
    const parameter = operation.parameters.find((one) => one.in === "path" && one.name === name);
    if (parameter) add(parameter, value);
  }
  for (const [place, given] of [
    ["query", call.query],
    ["header", call.headers],
  ] as const)
    for (const [name, value] of Object.entries(given ?? {})) {
      if (value === undefined || found.used.has(name) || isImplied(place, name)) continue;
      add(parameterOf(operation, place, name), value);
    }
  if (call.body !== undefined && call.body !== null) {
    if (!operation.body)
      throw requestInvalid("body", `is not taken by ${operation.method} ${operation.path}`);
    args.set(bodyArgument, bodyOf(call.body, operation));
  }
  return { tool: operation.tool.name, arguments: JSON.stringify(Object.fromEntries(args)) };
}

interface Match {
  readonly operation: Operation;
  readonly params: ReadonlyMap<string, unknown>;
  /** Members of `query` that were parameters of the path. */
  readonly used: ReadonlySet<string>;
}

/** What one that is not open would have matched, no other one gets: its address is the same. */
function match(operations: readonly Operation[], call: ApiCall, isOpen: IsOpen): Match {
  const method = String(call.method).toUpperCase();
  const path = String(call.path);
  if (path.length > maxPathChars) throw requestInvalid("path", `is longer than ${maxPathChars} characters`);
  if (/[?#]/.test(path)) throw requestInvalid("path", "has a query or a fragment: give it in `query`");
  const index = indexOf(operations);
  const exact = index.byPath.get(path) ?? [];
  const open = ({ tool }: Operation) => isOpen(tool.name);
  const meant = exact.find((one) => one.method === method);
  if (meant && !open(meant)) throw unknown({ method, path }, operations.filter(open), exact);
  if (meant) return { operation: meant, ...namedParams(meant, call) };
  const segments = path.replace(/^\//, "").split("/");
  const others = [...exact];
  for (const operation of index.bySegments.get(segments.length) ?? []) {
    const params = matchSegments(operation.segments, segments);
    if (!params) continue;
    others.push(operation);
    if (operation.method !== method) continue;
    if (!open(operation)) break;
    return { operation, params: decodedAll(params), used: new Set() };
  }
  throw unknown({ method, path }, operations.filter(open), others);
}

/** As the document writes the path: its parameters are in `params`, or beside those of the query. */
function namedParams(
  operation: Operation,
  { params = {}, query = {} }: ApiCall,
): Pick<Match, "params" | "used"> {
  const values = new Map<string, unknown>();
  const used = new Set<string>();
  const inQuery = new Set(operation.parameters.filter((one) => one.in === "query").map(({ name }) => name));
  for (const { name } of operation.parameters.filter((one) => one.in === "path")) {
    if (Object.hasOwn(params, name)) values.set(name, params[name]);
    else if (Object.hasOwn(query, name) && !inQuery.has(name)) {
      values.set(name, query[name]);
      used.add(name);
    } else throw requestInvalid("path", `has the parameter {${name}}, which is not given`);
  }
  for (const name of Object.keys(params))
    if (!values.has(name))
      throw requestInvalid(`params.${name.slice(0, 80)}`, "is not a parameter of this path");
  return { params: values, used };
}

function decodedAll(params: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...params].map(([name, text]) => [name, decoded(text)]));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw requestInvalid("path", "is not percent-encoded as it has to be");
  }
}

interface Asked {
  readonly method: string;
  readonly path: string;
}

/** The same of one that the document does not have and of one that is not open: with those of the same path, else the nearest. */
function unknown({ method, path }: Asked, open: readonly Operation[], samePath: readonly Operation[]) {
  const others = samePath.filter((one) => open.includes(one));
  const at = others[0]?.path;
  const methods = new Set(others.filter((one) => one.path === at).map((one) => one.method));
  const near = at === undefined ? nearestOperations(open, { method, path }) : [];
  const hints = [
    ...(at === undefined ? [] : [`${at} has ${[...methods].join(", ")}`]),
    ...(near.length === 0 ? [] : [`Perhaps: ${near.join(", ")}`]),
  ];
  return openapiFaults.fault(
    "api_operation_unknown",
    [`There is no operation ${method.slice(0, 16)} ${path.slice(0, 200)}`, ...hints].join(". "),
  );
}

/** What the house sets by itself, and code sets by habit. */
function isImplied(place: ParameterPlace, name: string): boolean {
  return place === "header" && ["accept", "content-type"].includes(name.toLowerCase());
}

function parameterOf(
  { parameters, method, path }: Operation,
  place: "query" | "header",
  name: string,
): Parameter {
  const isName = (known: string) =>
    place === "header" ? known.toLowerCase() === name.toLowerCase() : known === name;
  const found = parameters.find((one) => one.in === place && isName(one.name));
  if (found) return found;
  const known = parameters.filter((one) => one.in === place).map((one) => one.name);
  const what = place === "query" ? "query parameter" : "header";
  const hint = known.length === 0 ? "it has none" : `it has ${known.slice(0, 20).join(", ")}`;
  const field = `${place === "query" ? "query" : "headers"}.${name.slice(0, 80)}`;
  throw requestInvalid(field, `is not a ${what} of ${method} ${path}: ${hint}`);
}

/** A text of an address, as what its schema says it is: rules may look at it. */
function fitted(value: unknown, type: string | undefined): unknown {
  if (typeof value !== "string") return value;
  if (type === "boolean" && (value === "true" || value === "false")) return value === "true";
  const isNumber = type === "number" || type === "integer";
  return isNumber && /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,6})?$/.test(value) ? Number(value) : value;
}

/** Code often writes its body as JSON text, as `fetch` wants it. */
function bodyOf(body: unknown, operation: Operation): unknown {
  if (typeof body !== "string" || operation.body?.kind === "text") return body;
  if (!/^\s*[{[]/.test(body)) return body;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}
