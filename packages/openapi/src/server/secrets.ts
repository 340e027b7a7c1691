/**
 * Which values of a request are secret: whoever calls an operation may not have what it is called with. Whatever the credentials
 * set is, and so is what the document says is a key. Of an admin's other headers, that is what they are called, or how they look.
 */
import type { ApiDocument } from "../document/api-document.ts";

/** A shorter value is no secret that lasts, and would be found in answers where it is not meant. Characters. */
export const minSecretChars = 8;

/** Of a header that nothing says is a key. */
const minUnnamedChars = 16;

export interface SentSecrets {
  /** What an admin and the credentials set, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Those of them that the credentials set. */
  readonly credentialHeaders: readonly string[];
  /** The address that was registered: its query may hold a key. */
  readonly url: URL;
}

/** Without scheme and quotes, as an API would repeat them; in any order, each once. */
export function secretsOf(
  { headers, credentialHeaders, url }: SentSecrets,
  { apiKeys, keyHeaders }: Pick<ApiDocument, "apiKeys" | "keyHeaders">,
): readonly string[] {
  const keys = new Set([
    ...credentialHeaders,
    ...keyHeaders,
    ...apiKeys.map(({ name }) => name.toLowerCase()),
  ]);
  const inHeaders = Object.entries(headers).flatMap(([name, value]) =>
    keys.has(name) || soundsSecret(name) || looksSecret(name, value) ? valuesIn(name, value) : [],
  );
  const inAddress = [...url.searchParams].flatMap(([name, value]) => (soundsSecret(name) ? [value] : []));
  return [...new Set([...inHeaders, ...inAddress])].filter((value) => value.length >= minSecretChars);
}

function soundsSecret(name: string): boolean {
  return /auth|token|secret|passw|key|credential|signature|session|cookie|assertion/i.test(name);
}

/** What tells a client, a version or a customer stands in many answers, and is nothing to hide. */
const harmless =
  /^(?:accept|content|from|host|origin|prefer|referer|user-agent|via)\b|(?:version|id|name|region|locale|language|tenant|team|org|organi[sz]ation|account|project|environment)$/;

function looksSecret(name: string, value: string): boolean {
  if (harmless.test(name) || value.length < minUnnamedChars) return false;
  return /^\S+$/.test(value) && /\d/.test(value) && /[A-Za-z]/.test(value);
}

/** `Bearer x`, `Token token="x"`, `a=x; b=y` of cookies; of a name with its password (RFC 7617) the password as well. */
function valuesIn(name: string, value: string): readonly string[] {
  if (name === "cookie") return value.split(/;\s*/).map((pair) => pair.slice(pair.indexOf("=") + 1));
  const [, scheme = "", rest = value.trim()] = /^([A-Za-z][\w-]*) +(\S.*)$/.exec(value.trim()) ?? [];
  const named = /^[\w-]+="?([^"]+)"?$/.exec(rest)?.[1];
  return [
    rest,
    ...(named === undefined ? [] : [named]),
    ...(scheme.toLowerCase() === "basic" ? passwordIn(rest) : []),
  ];
}

/** Of a name without a password, the name: many an API takes its key so. */
function passwordIn(basic: string): readonly string[] {
  const pair = Buffer.from(basic, "base64").toString("utf8");
  const [name, password] = [pair.slice(0, pair.indexOf(":")), pair.slice(pair.indexOf(":") + 1)];
  return [password === "" ? name : password];
}
