/** The keys by which a client proves who it is with `private_key_jwt`: public ones, and few (RFC 7517 §5). */
import type { PublicKeys } from "./client.ts";

const maxKeys = 16;
const maxLength = 16_384;
/** Members of which one alone makes a key private or shared (RFC 7518 §6.2.2, §6.3.2, §6.4; RFC 8037 §2). */
const secretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];
const keyTypes = ["RSA", "EC", "OKP"];

/** Why this is no set of public keys: the rest of a sentence. */
export function refusePublicKeys(value: unknown): string | undefined {
  const keys = (value as Partial<PublicKeys> | null)?.keys;
  if (!Array.isArray(keys) || !keys.every(isObject)) return "must be a set of keys: { keys: [ … ] }";
  if (keys.length === 0 || keys.length > maxKeys) return `must hold 1 to ${maxKeys} keys`;
  if (JSON.stringify(value).length > maxLength) return `must have at most ${maxLength} characters`;
  if (keys.some((key) => secretMembers.some((member) => member in key)))
    return "must hold public keys only; whoever has seen a private one could come as this client";
  return keys.every(({ kty }) => keyTypes.includes(kty as string))
    ? undefined
    : `must hold keys of the types ${keyTypes.join(", ")}`;
}

/** Nothing but the keys. */
export function toPublicKeys(value: unknown): PublicKeys {
  return { keys: (value as PublicKeys).keys };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
