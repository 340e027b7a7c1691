/** Passwords, each with what makes the codes that go with it. */
import { sql, type Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { defineSealedColumn, type SealedContext, type Vault } from "@castellan/vault";

export const passwordSealedColumn = defineSealedColumn({
  table: "passwords",
  idColumn: "user_id",
  column: "sealed_totp",
});

/** What is to be kept: all of it is new. */
export interface NewPassword {
  readonly hash: string;
  readonly totpSecret: Uint8Array;
  /** The step of the code that proved that the app has the secret. */
  readonly totpStep: number;
  readonly nowMs: number;
}

export interface StoredPassword {
  readonly hash: string;
  readonly totpSecret: Buffer;
  readonly totpStep: number;
  readonly changedAt: Date;
}

interface Row {
  readonly hash: string;
  readonly sealed_totp: Buffer;
  readonly totp_step: number;
  readonly changed_at: Date;
}

export async function findPassword(
  database: Queryable,
  vault: Pick<Vault, "open">,
  userId: Id<"user"> | undefined,
): Promise<StoredPassword | undefined> {
  // Nobody's is looked for as well, so that an answer takes as long for whoever is not here.
  const [row] = await database.query<Row>(sql`
    select hash, sealed_totp, totp_step, changed_at from passwords where user_id = ${userId ?? ""}`);
  if (!row || userId === undefined) return undefined;
  return {
    hash: row.hash,
    totpSecret: vault.open(row.sealed_totp, contextOf(userId)),
    totpStep: row.totp_step,
    changedAt: row.changed_at,
  };
}

/** Keeps it in the place of the one that was there. */
export async function putPassword(
  tx: Queryable,
  vault: Pick<Vault, "seal">,
  userId: Id<"user">,
  { hash, totpSecret, totpStep, nowMs }: NewPassword,
): Promise<void> {
  const sealed = vault.seal(totpSecret, contextOf(userId));
  await tx.query(sql`
    insert into passwords (user_id, hash, sealed_totp, totp_step, changed_at)
    values (${userId}, ${hash}, ${sealed}, ${totpStep}, ${new Date(nowMs)})
    on conflict (user_id) do update set
      hash = excluded.hash, sealed_totp = excluded.sealed_totp,
      totp_step = excluded.totp_step, changed_at = excluded.changed_at`);
}

/** Uses up the code of a step and those before it; false when somebody was faster. */
export async function spendStep(database: Queryable, userId: Id<"user">, step: number): Promise<boolean> {
  const spent = await database.query(sql`
    update passwords set totp_step = ${step} where user_id = ${userId} and totp_step < ${step} returning 1 as one`);
  return spent.length > 0;
}

/** False when there was none. */
export async function removePassword(tx: Queryable, userId: Id<"user">): Promise<boolean> {
  const gone = await tx.query(sql`delete from passwords where user_id = ${userId} returning 1 as one`);
  return gone.length > 0;
}

function contextOf(userId: Id<"user">): SealedContext {
  return { table: "passwords", row: userId, column: "sealed_totp" };
}
