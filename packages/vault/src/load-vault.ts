/**
 * From master keys to a vault, at start: the database says whether these are its keys. The root
 * secret is made once, at the very first start, and is kept sealed under each key in use.
 */
import { randomBytes } from "node:crypto";
import { sql, type Database, type Queryable } from "@castellan/database";
import { openEnvelope, sealEnvelope, type SealedContext } from "./envelope.ts";
import { vaultFaults } from "./faults.ts";
import { keyBytes, type KeyRing } from "./master-key.ts";
import { createVault, type Vault } from "./vault.ts";

interface KeyRow {
  readonly id: string;
  readonly sealed_root: Buffer;
}

/**
 * Opens the vault. The first keys an empty database sees become its keys; later the ring must hold
 * every key under which values may be sealed, and a new current key is admitted in their company.
 * Throws `vault_wrong_key` with a sentence for the operator.
 */
export async function loadVault(database: Database, ring: KeyRing): Promise<Vault> {
  const root = await database.transaction(async (tx) => {
    // Two replicas at their first start must not both make a root secret.
    await tx.query(sql`lock table vault_keys in share row exclusive mode`);
    const rows = await tx.query<KeyRow>(sql`select id, sealed_root from vault_keys order by id limit 100`);
    const root = rows.length === 0 ? randomBytes(keyBytes) : openRoot(ring, rows);
    if (rows.every((row) => row.id !== ring.current.id)) await insertKey(tx, ring, root);
    return root;
  });
  const vault = createVault(ring, root);
  root.fill(0);
  return vault;
}

function openRoot(ring: KeyRing, rows: readonly KeyRow[]): Buffer {
  const given = new Set([ring.current, ...ring.older].map((key) => key.id));
  const missing = rows.filter((row) => !given.has(row.id)).map((row) => row.id);
  if (missing.length === rows.length)
    throw wrongKey(
      `The master key given (id ${ring.current.id}) is not the one of this database (id ${missing.join(", ")})`,
    );
  if (missing.length > 0)
    throw wrongKey(
      `Secrets may still be sealed under master key ${missing.join(", ")}: give it as an older key until a rotation has finished`,
    );
  const roots = rows.map((row) => openCheckValue(ring, row));
  const [first] = roots;
  if (first === undefined || roots.some((root) => !root.equals(first)))
    throw wrongKey("The check values of the master keys in this database contradict each other");
  return first;
}

function openCheckValue(ring: KeyRing, row: KeyRow): Buffer {
  try {
    return openEnvelope(ring, row.sealed_root, rootContext(row.id));
  } catch (cause) {
    throw wrongKey(`The check value of master key ${row.id} in this database was altered`, cause);
  }
}

async function insertKey(tx: Queryable, ring: KeyRing, root: Buffer): Promise<void> {
  const { id } = ring.current;
  const sealed = sealEnvelope(ring.current, root, rootContext(id));
  await tx.query(sql`insert into vault_keys (id, sealed_root) values (${id}, ${sealed})`);
}

function rootContext(keyId: string): SealedContext {
  return { table: "vault_keys", row: keyId, column: "sealed_root" };
}

function wrongKey(message: string, cause?: unknown) {
  return vaultFaults.fault("vault_wrong_key", message, { cause });
}
