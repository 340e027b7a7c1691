/** The headers that are sent to a server: how they lie in the database, and how they are changed. */
import { isFault } from "@castellan/kernel";
import { defineSealedColumn, type SealedContext, type Vault } from "@castellan/vault";
import { callFaults } from "../faults.ts";

/** Names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** Where secrets of this package lie, for the rotation of the master key. */
export const serverSealedColumns = [
  defineSealedColumn({ table: "servers", idColumn: "id", column: "sealed_headers" }),
  defineSealedColumn({ table: "servers", idColumn: "id", column: "sealed_auth" }),
];

/** Failures to unseal headers or secrets that concern one server only: the others can be used all the same. */
export const unusableHeaders: ReadonlySet<string> = new Set([
  "server_credentials_moved",
  "vault_open_failed",
  "vault_key_missing",
]);

/** What a row of `servers` says of its headers. */
export interface HeadersRow {
  readonly id: string;
  readonly slug: string;
  readonly url: string;
  readonly header_names: readonly string[];
  readonly sealed_headers: Buffer | null;
}

/**
 * Headers are sealed together with the origin that they were given for: who can write to the database
 * cannot have them sent somewhere else.
 */
interface SealedHeaders {
  readonly origin: string;
  readonly headers: Headers;
}

/** Null where there are none. */
export function sealHeaders(vault: Vault, id: string, url: URL, headers: Headers): Buffer | null {
  if (Object.keys(headers).length === 0) return null;
  const sealed: SealedHeaders = { origin: url.origin, headers };
  return vault.seal(JSON.stringify(sealed), contextOf(id));
}

/** Throws one of `unusableHeaders`. */
export function openHeaders(vault: Vault, row: Omit<HeadersRow, "header_names">): Headers {
  if (row.sealed_headers === null) return {};
  const text = vault.open(row.sealed_headers, contextOf(row.id)).toString("utf8");
  const { origin, headers } = JSON.parse(text) as SealedHeaders;
  if (origin === new URL(row.url).origin) return headers;
  throw callFaults.fault(
    "server_credentials_moved",
    `The headers of server "${row.slug}" were given for ${origin}, not for its address of now`,
  );
}

/** Headers to be stored in the place of others. */
export interface ChangedHeaders {
  readonly names: readonly string[];
  readonly sealed: Buffer | null;
}

/**
 * What becomes of a server's headers when some are set, some are taken away (null), and its URL may be another
 * one; undefined when they stay what they are. A value is not carried over to another origin: throws
 * `server_headers_required`.
 */
export function changeHeaders(
  vault: Vault,
  row: HeadersRow,
  url: URL,
  change: Readonly<Record<string, string | null>>,
): ChangedHeaders | undefined {
  const isMoved = url.origin !== new URL(row.url).origin;
  if (Object.keys(change).length === 0 && (!isMoved || row.header_names.length === 0)) return undefined;
  const kept = row.header_names.filter((name) => !Object.hasOwn(change, name));
  if (isMoved && kept.length > 0)
    throw required(row, kept, `were given for ${new URL(row.url).origin} and are not sent to ${url.origin}`);
  const stored = tryOpenHeaders(vault, row);
  if (!stored && kept.length > 0) throw required(row, kept, "cannot be read any more");
  const headers = merge(stored ?? {}, change);
  if (stored && !isMoved && areEqual(stored, headers)) return undefined;
  return { names: Object.keys(headers), sealed: sealHeaders(vault, row.id, url, headers) };
}

/** Undefined where they are unusable. */
export function tryOpenHeaders(vault: Vault, row: Omit<HeadersRow, "header_names">): Headers | undefined {
  try {
    return openHeaders(vault, row);
  } catch (error) {
    if (isFault(error) && unusableHeaders.has(error.code)) return undefined;
    throw error;
  }
}

function merge(stored: Headers, change: Readonly<Record<string, string | null>>): Headers {
  const all = Object.entries({ ...stored, ...change });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
}

function areEqual(a: Headers, b: Headers): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function required({ slug }: HeadersRow, names: readonly string[], reason: string) {
  return callFaults.fault(
    "server_headers_required",
    `headers must name ${names.join(", ")}: the stored values of server "${slug}" ${reason}`,
    { field: "headers", data: { headers: names } },
  );
}

function contextOf(id: string): SealedContext {
  return { table: "servers", row: id, column: "sealed_headers" };
}
