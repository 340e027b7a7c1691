/**
 * The secrets that let somebody in: a prefix that says of which kind, 256 random bits, and a checksum, 53 characters.
 *
 *     cst_ | cat_ | crt_ | ccs_ + base64url(32 random bytes) + base64url(CRC-32 of everything before it)
 *
 * The prefix lets secret scanners find a leaked one, the checksum lets them (and us, before any
 * look-up) tell a token from something that looks like one. A secret of 256 random bits needs no
 * slow hash: SHA-256 of the text is what is stored.
 */
import { hash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/**
 * `service`: of a service token. `access` and `refresh`: of the authorization server (RFC 6749 §1.4, §1.5). `client`: by
 * which a client proves who it is there (§2.3.1); it lets nobody in by itself.
 */
export const secretPrefixes = { service: "cst", access: "cat", refresh: "crt", client: "ccs" } as const;

export type SecretKind = keyof typeof secretPrefixes;

export function generateSecret(kind: SecretKind = "service"): string {
  const body = `${secretPrefixes[kind]}_${randomBytes(32).toString("base64url")}`;
  return body + checksum(body);
}

/** Of which kind a text is by its shape; undefined for what is no secret. Says nothing of whether it exists. */
export function secretKindOf(text: string): SecretKind | undefined {
  if (text.length !== 53) return undefined;
  const kind = kinds.get(text.slice(0, 4));
  return kind !== undefined && body.test(text.slice(4)) && text.endsWith(checksum(text.slice(0, -6)))
    ? kind
    : undefined;
}

/** Whether a text has the shape of a secret of that kind. */
export function isSecret(text: string, kind: SecretKind = "service"): boolean {
  return secretKindOf(text) === kind;
}

/** What a token is stored and looked up by. */
export function hashSecret(secret: string): SecretHash {
  return hash("sha256", secret, "base64url") as SecretHash;
}

/** SHA-256 of a secret, base64url. A look-up by it may take its time: nobody can aim at a hash. */
export type SecretHash = string & { readonly [brand]: "secret hash" };

declare const brand: unique symbol;

const body = /^[A-Za-z0-9_-]{49}$/;

const kinds = new Map(
  Object.entries(secretPrefixes).map(([kind, prefix]) => [`${prefix}_`, kind as SecretKind]),
);

function checksum(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return bytes.toString("base64url");
}
