/**
 * Elicitation by URL: the server sends a person to a page. 2025-11-25 names each by an id and tells
 * when it is done, and has an error (`-32042`) that says which are needed first; 2026-07-28 has
 * neither.
 */
import { withMembers } from "../json/members.ts";
import { arrayElements } from "../json/scan.ts";
import { rpcCodes } from "../jsonrpc/error.ts";
import { isObject, memberOf, memberText, type ErrorMessage, type JsonObject } from "../jsonrpc/message.ts";
import { maxInputRequests } from "./input-required.ts";

export interface UrlElicitation {
  /** As the server gave it: see `isOpenableUrl`. */
  readonly url: string;
  readonly message: string;
  readonly elicitationId: string | undefined;
  /** Raw JSON: the `params` of an `elicitation/create` in mode `url`. */
  readonly params: string;
}

/**
 * What a person must do before the request can succeed (2025-11-25, `URLElicitationRequiredError`);
 * undefined for any other error, and for one that does not say it in the form that the spec gives.
 */
export function urlElicitationsOf(message: ErrorMessage): readonly UrlElicitation[] | undefined {
  const { code, data } = message.error;
  const error = memberText(message, "error");
  const dataText = error === undefined ? undefined : memberOf(error, "data");
  if (code !== rpcCodes.urlElicitationRequired || !isObject(data) || dataText === undefined) return undefined;
  const listText = memberOf(dataText, "elicitations");
  const list = data["elicitations"];
  if (!Array.isArray(list) || listText === undefined) return undefined;
  if (list.length === 0 || list.length > maxInputRequests) return undefined;
  const elicitations = arrayElements(listText).flatMap(({ start, end }, at) =>
    toElicitation(list[at], listText.slice(start, end)),
  );
  return elicitations.length === list.length ? elicitations : undefined;
}

/** The URL that an `elicitation/create` wants opened; undefined for another mode. */
export function elicitationUrlOf(params: JsonObject | undefined): string | undefined {
  const url = params?.["url"];
  return params?.["mode"] === "url" && typeof url === "string" ? url : undefined;
}

/** `params` of an `elicitation/create` (raw JSON) for a legacy client, which needs an id. */
export function withElicitationId(paramsText: string, id: string): string {
  return withMembers(paramsText, { elicitationId: JSON.stringify(id) });
}

/** `params` of an `elicitation/create` (raw JSON) for a modern client, which knows of no id. */
export function withoutElicitationId(paramsText: string): string {
  return withMembers(paramsText, { elicitationId: undefined });
}

const maxUrlChars = 8192;

/**
 * Whether a URL of a server's may be shown to a person to open: http or https, without credentials,
 * and a URI by RFC 3986 (the spec's format). Beyond that, parsers and eyes differ about where it
 * leads: WHATWG URL drops tabs and turns backslashes, and letters of other scripts pass for ours.
 */
export function isOpenableUrl(url: string): boolean {
  return (
    url.length <= maxUrlChars &&
    /^https?:\/\/[^/?#@]+([/?#]|$)/i.test(url) &&
    /^[!-~]+$/.test(url) &&
    !url.includes("\\") &&
    URL.canParse(url)
  );
}

function toElicitation(value: unknown, text: string): UrlElicitation[] {
  if (!isObject(value)) return [];
  const { mode, url, message, elicitationId: id } = value;
  if (typeof url !== "string" || typeof message !== "string") return [];
  if (mode !== undefined && mode !== "url") return [];
  const params = mode === undefined ? withMembers(text, { mode: '"url"' }) : text;
  return [{ url, message, elicitationId: typeof id === "string" ? id : undefined, params }];
}
