/**
 * The master key: 32 random bytes that are never in the database. It wraps the data keys of sealed
 * values and does nothing else.
 *
 * A key's id is derived from the key (HKDF, RFC 5869), so that nobody has to name keys and a sealed
 * value can say which key opens it. The id tells nothing about the key.
 */
import { createSecretKey, hkdfSync, randomBytes, type KeyObject } from "node:crypto";
import { kernelFaults } from "@castellan/kernel";

/** Bytes of a master key, and of every key that is derived from one. */
export const keyBytes = 32;

/** Bytes of a key id: sixteen hex digits when it is written down. */
export const keyIdBytes = 8;

export interface MasterKey {
  /** Sixteen hex digits. Safe to show. */
  readonly id: string;
  /** Wraps data keys (AES-256-GCM). Node prints a `KeyObject` without its bytes. */
  readonly wrappingKey: KeyObject;
}

/** The keys a process holds: new values are sealed under `current`, `older` ones only open. */
export interface KeyRing {
  readonly current: MasterKey;
  readonly older: readonly MasterKey[];
}

const rule = "32 random bytes in base64 or hex; `openssl rand -base64 32` makes such a key";

/**
 * Parses a master key: 64 hex digits, or base64 (also base64url) of 32 bytes; space around it is
 * ignored. What can only be a word, a pattern or a placeholder is refused.
 * Throws `invalid_input` naming `field`; the text is in no message.
 */
export function parseMasterKey(text: string, field: string): MasterKey {
  const bytes = decode(text.trim());
  const refuse = (reason: string) =>
    kernelFaults.fault("invalid_input", `${field} ${reason}: it must be ${rule}`, { field });
  if (bytes === undefined) throw refuse("is neither hex nor base64");
  if (bytes.length !== keyBytes) throw refuse(`has ${bytes.length} bytes`);
  if (isGuessable(bytes)) throw refuse("is not random");
  return toMasterKey(bytes);
}

/** A new random key, and the text to keep it as: base64, 44 characters. */
export function generateMasterKey(): { readonly key: MasterKey; readonly text: string } {
  const bytes = randomBytes(keyBytes);
  const text = bytes.toString("base64");
  return { key: toMasterKey(bytes), text };
}

/** Takes the bytes over and wipes them. */
function toMasterKey(bytes: Buffer): MasterKey {
  const derive = (purpose: string, length: number) =>
    Buffer.from(hkdfSync("sha256", bytes, "", `castellan/vault/v1/${purpose}`, length));
  const id = derive("key-id", keyIdBytes).toString("hex");
  const wrapping = derive("wrap", keyBytes);
  const wrappingKey = createSecretKey(wrapping);
  bytes.fill(0);
  wrapping.fill(0);
  return Object.freeze({ id, wrappingKey });
}

function decode(text: string): Buffer | undefined {
  if (/^[0-9a-f]+$/i.test(text) && text.length % 2 === 0) return Buffer.from(text, "hex");
  if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return Buffer.from(text, "base64");
  return undefined;
}

/**
 * Random bytes fail these with a chance below 10⁻¹³: fewer than 12 different values, an even
 * step from byte to byte, or printable text from end to end (a pass phrase in base64).
 */
function isGuessable(bytes: Uint8Array): boolean {
  const steps = new Set(bytes.subarray(1).map((byte, at) => byte - (bytes[at] ?? 0)));
  return new Set(bytes).size < 12 || steps.size === 1 || bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
}
