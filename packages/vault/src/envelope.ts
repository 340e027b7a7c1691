/**
 * The sealed form of one value, version 1. Each value has a data key of its own (AES-256-GCM, NIST
 * SP 800-38D), and the master key wraps that data key:
 *
 *     offset  bytes
 *     0       1      format version, 0x01
 *     1       8      id of the master key
 *     9       12     nonce of the wrap
 *     21      32     data key, encrypted under the master key's wrapping key
 *     53      16     tag of the wrap
 *     69      12     nonce of the value
 *     81      n      value, encrypted under the data key
 *     81+n    16     tag of the value
 *
 * Both encryptions authenticate the version and where the value stands (table, row, column), so an
 * envelope that was moved or altered does not open. A rotation replaces the wrap and leaves the
 * value's bytes alone.
 *
 * Nonces are random: one wrapping key is good for 2³² wraps (SP 800-38D §8.3), a data key encrypts once.
 */
import { createCipheriv, createDecipheriv, randomBytes, type CipherKey } from "node:crypto";
import { vaultFaults } from "./faults.ts";
import { keyBytes, keyIdBytes, type KeyRing, type MasterKey } from "./master-key.ts";

/** Where a sealed value stands. `row` is the row's id. */
export interface SealedContext {
  readonly table: string;
  readonly row: string;
  readonly column: string;
}

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const wrapAt = 1 + keyIdBytes;
const valueAt = wrapAt + nonceBytes + keyBytes + tagBytes;

/** How many bytes longer an envelope is than what it holds: 97. */
export const envelopeOverheadBytes = valueAt + nonceBytes + tagBytes;

/** Where the key id stands in an envelope, for SQL: `substring(column from 2 for 8)`. */
export const keyIdInSql = { from: 2, length: keyIdBytes } as const;

export function sealEnvelope(key: MasterKey, plain: Uint8Array, context: SealedContext): Buffer {
  const dataKey = randomBytes(keyBytes);
  try {
    return Buffer.concat([wrap(key, dataKey, context), encrypt(dataKey, plain, placeData(context))]);
  } finally {
    dataKey.fill(0);
  }
}

/**
 * Opens an envelope. Throws `vault_key_missing` when it names a key that is not on the ring (the id
 * is no secret), and `vault_open_failed`, one message for every reason, when anything else is wrong.
 */
export function openEnvelope(ring: KeyRing, envelope: Uint8Array, context: SealedContext): Buffer {
  const dataKey = unwrap(ring, envelope, context);
  try {
    return decrypt(dataKey, envelope.subarray(valueAt), placeData(context));
  } finally {
    dataKey.fill(0);
  }
}

/**
 * The same value under the ring's current key. Only the data key is wrapped anew, but the value is
 * opened as well: a damaged one is reported by the rotation, not years later by its reader.
 */
export function rewrapEnvelope(ring: KeyRing, envelope: Uint8Array, context: SealedContext): Buffer {
  const dataKey = unwrap(ring, envelope, context);
  try {
    decrypt(dataKey, envelope.subarray(valueAt), placeData(context)).fill(0);
    return Buffer.concat([wrap(ring.current, dataKey, context), envelope.subarray(valueAt)]);
  } finally {
    dataKey.fill(0);
  }
}

/** The id of the master key that opens an envelope; undefined when these bytes are no envelope. */
export function keyIdOf(envelope: Uint8Array): string | undefined {
  if (envelope.length < envelopeOverheadBytes || envelope[0] !== version) return undefined;
  return Buffer.from(envelope.subarray(1, wrapAt)).toString("hex");
}

function wrap(key: MasterKey, dataKey: Uint8Array, context: SealedContext): Buffer {
  const header = Buffer.concat([Uint8Array.of(version), Buffer.from(key.id, "hex")]);
  return Buffer.concat([header, encrypt(key.wrappingKey, dataKey, placeData(context))]);
}

function unwrap(ring: KeyRing, envelope: Uint8Array, context: SealedContext): Buffer {
  const id = keyIdOf(envelope);
  if (id === undefined) throw openFailed();
  const key = [ring.current, ...ring.older].find((each) => each.id === id);
  if (key === undefined)
    throw vaultFaults.fault(
      "vault_key_missing",
      `A secret is sealed under master key ${id}, which is not given`,
    );
  return decrypt(key.wrappingKey, envelope.subarray(wrapAt, valueAt), placeData(context));
}

function encrypt(key: CipherKey, plain: Uint8Array, data: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes }).setAAD(data);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: CipherKey, box: Uint8Array, data: Uint8Array): Buffer {
  const end = box.length - tagBytes;
  const cipher = createDecipheriv("aes-256-gcm", key, box.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  cipher.setAAD(data).setAuthTag(box.subarray(end));
  const plain = cipher.update(box.subarray(nonceBytes, end));
  try {
    cipher.final();
    return plain;
  } catch {
    // What GCM gave before the tag was checked is not to be used by anyone, and no cause is kept.
    plain.fill(0);
    throw openFailed();
  }
}

/** Each part carries its length, so that ("a", "bc") and ("ab", "c") differ. */
function placeData(context: SealedContext): Buffer {
  const parts = [`castellan/vault/v${version}`, context.table, context.row, context.column];
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part, "utf8");
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

function openFailed() {
  return vaultFaults.fault("vault_open_failed", "A sealed value could not be opened");
}
