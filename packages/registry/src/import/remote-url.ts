/**
 * The URL of a remote, variables filled in. A value stays where its variable stands: one of a host makes no
 * path, and one of a path no host. What comes out is still to be judged by the policy for outbound requests.
 */
import { registryFaults } from "../faults.ts";
import type { Remote } from "./server-json.ts";
import { fillIn, ownValue, placeholdersOf, type Values } from "./values.ts";

/** Undefined when values are missing or wrong, which `values` then knows. Throws `server_json_secret_in_url`. */
export function fillUrl(remote: Remote, field: string, values: Values): string | undefined {
  const secrets = secretNames(remote);
  const filled = new Map<string, string>();
  for (const name of new Set(placeholdersOf(remote.url))) {
    if (secrets.has(name))
      throw registryFaults.fault(
        "server_json_secret_in_url",
        `${field} has the secret variable ${name} in it, and URLs are not kept secret`,
        { field },
      );
    const value = values.find(name, ownValue(remote.variables, name));
    if (value === undefined) values.miss(`variables.${name}`, false);
    else filled.set(name, value);
  }
  const parts = parseTemplate(remote.url);
  if (!parts) {
    values.refuse(field, "must begin with https://host, or with a variable that stands for it");
    return undefined;
  }
  const valueOf = (name: string) => filled.get(name) ?? "";
  for (const name of placeholdersOf(parts.base)) {
    const value = filled.get(name);
    const fits = parts.isWholeBase ? isBaseUrl : isHost;
    if (value === undefined || fits(value)) continue;
    const what = parts.isWholeBase ? "an https URL without a query" : "part of a host name";
    values.refuse(`variables.${name}`, `must be ${what}`);
  }
  const base = fillIn(parts.base, valueOf);
  const rest = fillIn(parts.rest, (name) => encodeURIComponent(valueOf(name).toWellFormed()));
  return `${parts.isWholeBase ? base.replace(/\/+$/, "") : base}${rest}`;
}

/** Secret in one place, secret in all: the same value would be given for both. */
function secretNames({ variables = {}, headers = [] }: Remote): ReadonlySet<string> {
  const declared = [variables, ...headers.map((header) => header.variables ?? {})].flatMap(Object.entries);
  const inSecretHeaders = headers.flatMap(({ isSecret, value = "" }) =>
    isSecret ? placeholdersOf(value) : [],
  );
  return new Set([
    ...declared.flatMap(([name, { isSecret }]) => (isSecret ? [name] : [])),
    ...inSecretHeaders,
  ]);
}

interface UrlTemplate {
  /** Scheme and host, or one variable that stands for both and may bring a path. */
  readonly base: string;
  readonly isWholeBase: boolean;
  /** Path, query and fragment. */
  readonly rest: string;
}

function parseTemplate(url: string): UrlTemplate | undefined {
  const [, base, rest] =
    /^(https?:\/\/[^/?#@\s\\]+|\{[A-Za-z_][\w-]{0,127}\})((?:[/?#][^\s\\]*)?)$/i.exec(url) ?? [];
  if (base === undefined || rest === undefined) return undefined;
  // Braces that are no variable would be sent as they are.
  if (/[{}]/.test(fillIn(base + rest, () => ""))) return undefined;
  return { base, rest, isWholeBase: base.startsWith("{") };
}

function isHost(value: string): boolean {
  return /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?$/i.test(value);
}

function isBaseUrl(value: string): boolean {
  const url = URL.parse(value);
  return (
    url !== null &&
    /^https?:\/\/[^@\s\\?#]+$/i.test(value) &&
    (url.protocol === "https:" || url.protocol === "http:")
  );
}
