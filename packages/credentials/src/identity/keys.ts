/**
 * What identity tokens are signed with (RFC 7517): ES256 keys, sealed in the database, the same in all replicas.
 *
 * A key signs for 30 days. Its successor is published a day before it takes over, so that whoever keeps a copy of the key
 * set has read it by then, and a key stays published until all that it signed is over. Nothing runs in the background: the
 * ring is looked after when it is used, and a house that signs nothing makes no keys.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { sql, type Queryable } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import { defineSealedColumn, type Vault } from "@castellan/vault";
import { calculateJwkThumbprint, exportJWK, type JWK } from "jose";

export interface IdentityKey {
  /** The thumbprint (RFC 7638): the `kid` of what it signs. */
  readonly id: string;
  readonly privateKey: KeyObject;
  /** As it is published, with `kid`, `alg` and `use`. */
  readonly published: JWK;
}

export interface IdentityKeys {
  /** The key that signs at this moment. Throws as `vault.open` does; `database_unavailable` before any was read. */
  signing(): Promise<IdentityKey>;
  /** All that a signature may be checked with, oldest first. */
  published(): Promise<readonly IdentityKey[]>;
}

export interface IdentityKeysOptions {
  readonly database: Queryable;
  readonly vault: Pick<Vault, "seal" | "open">;
  readonly clock: Clock;
  /** Told when the keys could not be read again; those that are known go on being used. */
  readonly onError: (error: unknown) => void;
}

const dayMs = 86_400_000;
const signsForMs = 30 * dayMs;
const publishedAheadMs = dayMs;
/** Longer than anything that is signed, and than clocks differ. */
const publishedAfterMs = 3_600_000;
const readAgainAfterMs = 600_000;
const maxKeys = 16;

const column = defineSealedColumn({ table: "identity_keys", idColumn: "id", column: "sealed_key" });
/** For the rotation of the master key. */
export const identitySealedColumns = [column];

interface Entry {
  readonly row: string;
  readonly signsFromMs: number;
  readonly key: IdentityKey;
}

interface Ring {
  readonly entries: readonly Entry[];
  readonly readAtMs: number;
}

export function createIdentityKeys(options: IdentityKeysOptions): IdentityKeys {
  const { clock, onError } = options;
  let ring: Ring | undefined;
  let reading: Promise<Ring> | undefined;

  async function current(): Promise<Ring> {
    if (ring !== undefined && clock.now() - ring.readAtMs < readAgainAfterMs) return ring;
    reading ??= readRing(options).finally(() => (reading = undefined));
    try {
      ring = await reading;
    } catch (error) {
      if (ring === undefined) throw error;
      onError(error);
      // Not at once again: each signature would wait for a database that is away.
      ring = { ...ring, readAtMs: clock.now() };
    }
    return ring;
  }

  return {
    signing: async () => {
      const { entries } = await current();
      const now = clock.now();
      // Before the first one's time it is another replica's clock that goes ahead.
      const entry = entries.findLast(({ signsFromMs }) => signsFromMs <= now) ?? entries[0];
      if (entry === undefined) throw new Error("The identity key that was made is gone");
      return entry.key;
    },
    published: async () => (await current()).entries.map(({ key }) => key),
  };
}

/** The keys as they are, after the next one was made if it is time. */
async function readRing(options: IdentityKeysOptions): Promise<Ring> {
  const { clock } = options;
  const now = clock.now();
  let entries = await readKeys(options);
  const newest = entries.at(-1);
  if (newest === undefined || newest.signsFromMs + signsForMs - publishedAheadMs <= now) {
    await addKey(options, newest);
    entries = await readKeys(options);
  }
  return { entries, readAtMs: now };
}

interface KeyRow {
  readonly id: string;
  readonly sealed_key: Buffer;
  readonly signs_from: Date;
}

async function readKeys({ database, vault, clock }: IdentityKeysOptions): Promise<Entry[]> {
  const rows = await database.query<KeyRow>(sql`
    select id, sealed_key, signs_from from identity_keys
    where ends_at is null or ends_at > ${new Date(clock.now())}
    order by signs_from limit ${maxKeys}`);
  return Promise.all(
    rows.map(async (row) => ({
      row: row.id,
      signsFromMs: row.signs_from.getTime(),
      key: await toKey(vault.open(row.sealed_key, contextOf(row.id))),
    })),
  );
}

async function toKey(der: Buffer): Promise<IdentityKey> {
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const jwk = await exportJWK(createPublicKey(privateKey));
  const id = await calculateJwkThumbprint(jwk);
  return { id, privateKey, published: { ...jwk, kid: id, alg: "ES256", use: "sig" } };
}

const generate = promisify(generateKeyPair);

/** Of replicas that do it at once the first one's stays. A key that ended is forgotten on the way. */
async function addKey({ database, vault, clock }: IdentityKeysOptions, newest?: Entry): Promise<void> {
  const now = clock.now();
  const { privateKey } = await generate("ec", { namedCurve: "P-256" });
  const id = String(Number(newest?.row ?? 0) + 1);
  const sealed = vault.seal(privateKey.export({ format: "der", type: "pkcs8" }), contextOf(id));
  // Where nobody looked for long, the old one signs on until the new one was to be seen for a day.
  const signsFromMs = newest ? Math.max(newest.signsFromMs + signsForMs, now + publishedAheadMs) : now;
  await database.query(sql`
    with added as (
      insert into identity_keys (id, sealed_key, signs_from)
      values (${id}, ${sealed}, ${new Date(signsFromMs)})
      on conflict (id) do nothing
      returning signs_from
    ), over as (
      delete from identity_keys where ends_at <= ${new Date(now)}
    )
    update identity_keys set ends_at = ${new Date(signsFromMs + publishedAfterMs)}
    where id = ${newest?.row ?? ""} and exists (select from added)`);
}

function contextOf(row: string) {
  return { table: column.table, row, column: column.column };
}
