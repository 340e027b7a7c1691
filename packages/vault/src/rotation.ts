/**
 * Rotation: every sealed value goes under the current master key, after which the older keys can be
 * taken away. It works beside replicas that read and write, and its state is the data itself: the
 * envelope names its key, so a run that was killed is continued by starting another.
 */
import { sql, type Database, type SqlStatement, type Transaction } from "@castellan/database";
import { isFault } from "@castellan/kernel";
import { keyIdInSql, type SealedContext } from "./envelope.ts";
import { vaultFaults } from "./faults.ts";
import type { SealedColumn } from "./sealed-column.ts";
import type { Vault } from "./vault.ts";

export interface RotationOptions {
  readonly database: Database;
  /** Its current key is the one to rotate to; it holds the older keys as well. */
  readonly vault: Vault;
  /** The sealed columns of all packages. */
  readonly columns: readonly SealedColumn[];
  /** Rows per transaction. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
  /** Called after each committed batch. */
  readonly onBatch?: (progress: { readonly column: SealedColumn; readonly resealed: number }) => void;
}

export interface RotationReport {
  /** Values that went under the current key in this run. */
  readonly resealed: number;
  /** Values that do not open and were left as they are. */
  readonly failed: readonly SealedContext[];
  /** Ids of the keys that nothing needs any more; empty as long as a value stands under another key. */
  readonly retired: readonly string[];
}

interface SealedRow {
  readonly id: string;
  readonly value: Buffer;
}

/** One walk over a column, in order of id: how many rows at once, and whether to wait for locked ones. */
interface Pass {
  readonly limit: number;
  readonly lock: "skip" | "wait";
}

/**
 * Reseals everything that is not under the vault's current key, then retires the other keys. Run it
 * when every replica has the new key as its current one: what an older replica seals afterwards
 * needs another run. Throws `vault_rotation_incomplete` when a sealed column is not declared.
 */
export async function rotate(options: RotationOptions): Promise<RotationReport> {
  const { database, vault, columns, batchSize = 200 } = options;
  await assertAllDeclared(database, columns);
  let resealed = 0;
  const failed: SealedContext[] = [];
  for (const column of columns) {
    // The first walk never waits while it holds locks, so it cannot be part of a deadlock. The
    // second takes what was locked, row by row, and what failed: usually it finds nothing.
    for (const pass of [{ limit: batchSize, lock: "skip" } as const, { limit: 1, lock: "wait" } as const]) {
      for await (const batch of walk(options, column, pass)) {
        resealed += batch.resealed;
        if (pass.lock === "wait") failed.push(...batch.failed);
      }
    }
  }
  return { resealed, failed, retired: await retireKeys(database, vault, columns) };
}

async function assertAllDeclared(database: Database, columns: readonly SealedColumn[]): Promise<void> {
  const rows = await database.query<{ table: string; column: string }>(sql`
    select table_name as table, column_name as column from information_schema.columns
    where table_schema = current_schema() and starts_with(column_name, 'sealed_') and table_name <> 'vault_keys'
    order by 1, 2 limit 1000`);
  const declared = new Set(columns.map((each) => `${each.table}.${each.column}`));
  const forgotten = rows.map((row) => `${row.table}.${row.column}`).filter((name) => !declared.has(name));
  if (forgotten.length > 0)
    throw vaultFaults.fault(
      "vault_rotation_incomplete",
      `A rotation would leave out the sealed column ${forgotten.join(", ")}`,
    );
}

interface Batch {
  readonly resealed: number;
  readonly failed: readonly SealedContext[];
}

async function* walk(options: RotationOptions, column: SealedColumn, pass: Pass): AsyncGenerator<Batch> {
  const { database, vault, signal, onBatch } = options;
  let after: string | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const rows = await database.transaction(async (tx) => {
      const rows = await tx.query<SealedRow>(selectRows(column, vault.keyId, after, pass));
      return { last: rows.at(-1)?.id, batch: await resealRows(tx, vault, column, rows) };
    });
    if (rows.last === undefined) return;
    after = rows.last;
    if (rows.batch.resealed > 0) onBatch?.({ column, resealed: rows.batch.resealed });
    yield rows.batch;
  }
}

function selectRows(
  { table, idColumn, column }: SealedColumn,
  keyId: string,
  after: string | undefined,
  pass: Pass,
): SqlStatement {
  return {
    text: `
      select "${idColumn}" as id, "${column}" as value from "${table}"
      where ${isUnderOtherKey(column)} and ($2::text is null or "${idColumn}" > $2::text)
      order by "${idColumn}" limit $3 for no key update ${pass.lock === "skip" ? "skip locked" : ""}`,
    values: [Buffer.from(keyId, "hex"), after ?? null, pass.limit],
  };
}

async function resealRows(
  tx: Transaction,
  vault: Vault,
  { table, idColumn, column }: SealedColumn,
  rows: readonly SealedRow[],
): Promise<Batch> {
  const ids: string[] = [];
  const values: Buffer[] = [];
  const failed: SealedContext[] = [];
  for (const { id, value } of rows) {
    const context = { table, row: id, column };
    try {
      values.push(vault.rewrap(value, context));
      ids.push(id);
    } catch (error) {
      if (!isFault(error)) throw error;
      failed.push(context);
    }
  }
  if (ids.length > 0)
    await tx.query({
      text: `
        update "${table}" set "${column}" = fresh.value
        from unnest($1::text[], $2::bytea[]) as fresh (id, value) where "${table}"."${idColumn}" = fresh.id`,
      values: [ids, values],
    });
  return { resealed: ids.length, failed };
}

/** Forgets the other keys once no value needs them; returns their ids. */
async function retireKeys(
  database: Database,
  vault: Vault,
  columns: readonly SealedColumn[],
): Promise<readonly string[]> {
  return await database.transaction(async (tx) => {
    for (const { table, column } of columns) {
      const left = await tx.query({
        text: `select 1 from "${table}" where ${isUnderOtherKey(column)} limit 1`,
        values: [Buffer.from(vault.keyId, "hex")],
      });
      if (left.length > 0) return [];
    }
    const rows = await tx.query<{ id: string }>(
      sql`delete from vault_keys where id <> ${vault.keyId} returning id`,
    );
    return rows.map((row) => row.id);
  });
}

/** `$1` is the current key's id. A null column holds no value. */
function isUnderOtherKey(column: string): string {
  return `substring("${column}" from ${keyIdInSql.from} for ${keyIdInSql.length}) <> $1::bytea`;
}
