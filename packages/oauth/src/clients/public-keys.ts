/** The keys by which a client proves who it is with `private_key_jwt`: public ones, few and of usual sizes (RFC 7517 §5). */
import { isPrintable } from "@castellan/kernel";
import type { PublicKeys } from "./client.ts";

const maxKeys = 16;
const maxLength = 16_384;
/** Members of which one alone makes a key private or shared (RFC 7518 §6.2.2, §6.3.2, §6.4; RFC 8037 §2). */
const secretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];
const keyTypes = ["RSA", "EC", "OKP"];
/** Characters of base64url. Whoever sends a signature has us work with them: 8,192 bits, and an exponent of 32. */
const maxNumbers: Readonly<Record<string, number>> = { n: 1366, e: 6, x: 128, y: 128 };

/** Why this is no set of public keys: the rest of a sentence. */
export function refusePublicKeys(value: unknown): string | undefined {
  const keys = (value as Partial<PublicKeys> | null)?.keys;
  if (!Array.isArray(keys) || !keys.every(isObject)) return "must be a set of keys: { keys: [ … ] }";
  if (keys.length === 0 || keys.length > maxKeys) return `must hold 1 to ${maxKeys} keys`;
  if (keys.some((key) => secretMembers.some((member) => Object.hasOwn(key, member))))
    return "must hold public keys only; whoever has seen a private one could come as this client";
  if (!keys.every(({ kty }) => keyTypes.includes(kty as string)))
    return `must hold keys of the types ${keyTypes.join(", ")}`;
  if (!keys.every(isPlainKey)) return "must hold keys whose members are text, or lists of it";
  if (!keys.every(isOfUsualSize)) return "must hold keys of at most 8192 bits, in base64url";
  return JSON.stringify(keys).length > maxLength ? `must have at most ${maxLength} characters` : undefined;
}

/** Nothing but the keys. */
export function toPublicKeys(value: unknown): PublicKeys {
  return { keys: (value as PublicKeys).keys };
}

type Key = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Key {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Without depth, and without what the database cannot keep. */
function isPlainKey(key: Key): boolean {
  return Object.entries(key).every(
    ([name, member]) => isPrintable(name) && [member].flat(1).every((one) => isPlainValue(one)),
  );
}

function isPlainValue(value: unknown): boolean {
  return typeof value === "string" ? isPrintable(value) : ["number", "boolean"].includes(typeof value);
}

function isOfUsualSize(key: Key): boolean {
  return Object.entries(maxNumbers).every(([name, max]) => {
    const number = key[name];
    return (
      number === undefined || (typeof number === "string" && number.length <= max && /^[\w-]+$/.test(number))
    );
  });
}
