/**
 * The vault of one process: seals and opens values with the master keys it was given, and makes MACs
 * that outlive any master key.
 */
import { createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { openEnvelope, rewrapEnvelope, sealEnvelope, type SealedContext } from "./envelope.ts";
import { keyBytes, type KeyRing } from "./master-key.ts";

export interface Vault {
  /** The id of the master key that new values are sealed under: sixteen hex digits. */
  readonly keyId: string;
  /** Seals a value (a string as UTF-8) for one place. The result is 97 bytes longer than the value. */
  seal(plain: string | Uint8Array, context: SealedContext): Buffer;
  /** Opens a value at its place. Throws `vault_open_failed`, `vault_key_missing`. */
  open(sealed: Uint8Array, context: SealedContext): Buffer;
  /** The same value sealed under the current master key. Throws as `open` does. */
  rewrap(sealed: Uint8Array, context: SealedContext): Buffer;
  /**
   * HMAC-SHA-256 under a key of its own per purpose: 32 bytes. A purpose is a constant of the
   * package that asks. The keys derive from the root secret, which a rotation does not change.
   */
  mac(purpose: string, data: string | Uint8Array): Buffer;
}

/** Makes a vault of a key ring and the root secret (32 bytes), which is copied. `loadVault` has both. */
export function createVault(ring: KeyRing, rootSecret: Uint8Array): Vault {
  const root = createSecretKey(rootSecret);
  const macKeys = new Map<string, KeyObject>();

  function macKey(purpose: string): KeyObject {
    const known = macKeys.get(purpose);
    if (known !== undefined) return known;
    const bytes = Buffer.from(hkdfSync("sha256", root, "", `castellan/vault/v1/mac/${purpose}`, keyBytes));
    const key = createSecretKey(bytes);
    bytes.fill(0);
    macKeys.set(purpose, key);
    return key;
  }

  return Object.freeze<Vault>({
    keyId: ring.current.id,
    seal: (plain, context) =>
      sealEnvelope(ring.current, typeof plain === "string" ? Buffer.from(plain, "utf8") : plain, context),
    open: (sealed, context) => openEnvelope(ring, sealed, context),
    rewrap: (sealed, context) => rewrapEnvelope(ring, sealed, context),
    mac: (purpose, data) => createHmac("sha256", macKey(purpose)).update(data).digest(),
  });
}
