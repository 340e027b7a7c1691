/**
 * What an account of the house can be proved with. They first come by a one-time link, which replaces what there was;
 * their holder may add to them later, and take away all but the last.
 */
import type { Directory } from "@castellan/access";
import { sql, type Database, type Queryable, type Transaction } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { signInFaults } from "../faults.ts";
import { insertPasskey, maxPasskeys, removePasskey, type PasskeyCredential } from "./passkey-store.ts";
import { putPassword, removePassword, type NewPassword } from "./password-store.ts";

export type NewProof =
  | {
      readonly kind: "passkey";
      readonly credential: PasskeyCredential;
      readonly name: string;
      readonly nowMs: number;
    }
  | ({ readonly kind: "password" } & NewPassword);

/** Keeps a proof beside the others. Faults: `passkey_taken`, `too_many_passkeys`. */
export async function addProof(
  tx: Transaction,
  vault: Pick<Vault, "seal">,
  userId: Id<"user">,
  proof: NewProof,
): Promise<void> {
  if (proof.kind === "password") return putPassword(tx, vault, userId, proof);
  await hold(tx, userId);
  const { passkeys } = await count(tx, userId);
  if (passkeys >= maxPasskeys)
    throw signInFaults.fault(
      "too_many_passkeys",
      `An account has at most ${maxPasskeys} passkeys. Remove one first.`,
    );
  await insertPasskey(tx, userId, proof);
}

/** Keeps a proof in the place of all others. Fault: `passkey_taken`. */
export async function replaceProofs(
  tx: Transaction,
  vault: Pick<Vault, "seal">,
  userId: Id<"user">,
  proof: NewProof,
): Promise<void> {
  await hold(tx, userId);
  await tx.query(sql`delete from passkeys where user_id = ${userId}`);
  await removePassword(tx, userId);
  await addProof(tx, vault, userId, proof);
}

/** Takes a proof away, unless it is the last. Faults: `last_proof`, `passkey_not_found`. */
export function removeProof(
  database: Database,
  userId: Id<"user">,
  proof: { readonly kind: "password" } | { readonly kind: "passkey"; readonly id: Id<"passkey"> },
): Promise<void> {
  return database.transaction(async (tx) => {
    await hold(tx, userId);
    if (proof.kind === "password") await removePassword(tx, userId);
    else await removePasskey(tx, { id: proof.id, userId });
    const { passkeys, passwords } = await count(tx, userId);
    if (passkeys + passwords === 0)
      throw signInFaults.fault("last_proof", "This is your only way to sign in. Add another one first.");
  });
}

/** Whether somebody has an account of the house. */
export async function hasProofs(database: Queryable, userId: Id<"user">): Promise<boolean> {
  const { passkeys, passwords } = await count(database, userId);
  return passkeys + passwords > 0;
}

/** Whether anybody of a directory has an account of the house. */
export async function hasLocalAccounts(database: Queryable, directory: Directory): Promise<boolean> {
  const [row] = await database.query<{ is_some: boolean }>(sql`
    select exists (
        select from passkeys join users on users.id = user_id where directory = ${directory}
      ) or exists (
        select from passwords join users on users.id = user_id where directory = ${directory}
      ) as is_some`);
  return row?.is_some ?? false;
}

/** Whoever else changes this account's proofs waits. */
async function hold(tx: Transaction, userId: Id<"user">): Promise<void> {
  await tx.query(sql`select 1 as one from users where id = ${userId} for no key update`);
}

async function count(tx: Queryable, userId: Id<"user">): Promise<{ passkeys: number; passwords: number }> {
  const [row] = await tx.query<{ passkeys: number; passwords: number }>(sql`
    select (select count(*) from passkeys where user_id = ${userId}) as passkeys,
           (select count(*) from passwords where user_id = ${userId}) as passwords`);
  return row ?? { passkeys: 0, passwords: 0 };
}
