/**
 * The secret of a service token: `cst_`, 256 random bits, and a checksum, 53 characters in all.
 *
 *     cst_ + base64url(32 random bytes) + base64url(CRC-32 of everything before it)
 *
 * The prefix lets secret scanners find a leaked one, the checksum lets them (and us, before any
 * look-up) tell a token from something that looks like one. A secret of 256 random bits needs no
 * slow hash: SHA-256 of the text is what is stored.
 */
import { hash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

export function generateSecret(): string {
  const body = `cst_${randomBytes(32).toString("base64url")}`;
  return body + checksum(body);
}

/** Whether a text has the shape of a token; says nothing of whether the token exists. */
export function isSecret(text: string): boolean {
  return text.length === 53 && shape.test(text) && text.endsWith(checksum(text.slice(0, -6)));
}

/** What a token is stored and looked up by. */
export function hashSecret(secret: string): SecretHash {
  return hash("sha256", secret, "base64url") as SecretHash;
}

/** SHA-256 of a secret, base64url. A look-up by it may take its time: nobody can aim at a hash. */
export type SecretHash = string & { readonly [brand]: "secret hash" };

declare const brand: unique symbol;

const shape = /^cst_[A-Za-z0-9_-]{49}$/;

function checksum(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString("base64url");
}
