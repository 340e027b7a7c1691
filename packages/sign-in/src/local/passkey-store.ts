/** Passkeys: the public half of each, and how it was used. */
import { isUniqueViolation, sql, type Queryable } from "@castellan/database";
import { createId, type Id } from "@castellan/kernel";
import { signInFaults } from "../faults.ts";

export interface Passkey {
  readonly id: Id<"passkey">;
  readonly userId: Id<"user">;
  /** 1 to 64 printable characters, chosen by its holder. */
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | undefined;
}

/** What its device said when it was made, and what was believed of it. */
export interface PasskeyCredential {
  /** What the device calls the person (WebAuthn §5.4.3): no name, no address. */
  readonly userHandle: string;
  readonly credentialId: Uint8Array;
  /** COSE key. */
  readonly publicKey: Uint8Array;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly isSynced: boolean;
}

export interface KnownPasskey extends PasskeyCredential {
  readonly id: Id<"passkey">;
  readonly userId: Id<"user">;
}

/** More help nobody, and the page must end somewhere. */
export const maxPasskeys = 20;

interface Row {
  readonly id: Id<"passkey">;
  readonly user_id: Id<"user">;
  readonly user_handle: string;
  readonly credential_id: Buffer;
  readonly public_key: Buffer;
  readonly counter: number;
  readonly transports: string[];
  readonly is_synced: boolean;
  readonly name: string;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
}

/** Oldest first. */
export async function listPasskeys(
  database: Queryable,
  userId: Id<"user">,
): Promise<readonly (Passkey & Pick<PasskeyCredential, "userHandle" | "credentialId" | "transports">)[]> {
  const rows = await database.query<Row>(sql`
    select id, user_id, user_handle, credential_id, transports, name, created_at, last_used_at from passkeys
    where user_id = ${userId} order by id limit ${maxPasskeys}`);
  return rows.map((row) => ({
    id: row.id,
    userId: row.user_id,
    userHandle: row.user_handle,
    credentialId: row.credential_id,
    transports: row.transports,
    name: row.name,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
  }));
}

export async function findPasskey(
  database: Queryable,
  credentialId: Uint8Array,
): Promise<KnownPasskey | undefined> {
  const [row] = await database.query<Row>(sql`
    select id, user_id, user_handle, credential_id, public_key, counter, transports, is_synced from passkeys
    where credential_id = ${Buffer.from(credentialId)}`);
  return (
    row && {
      id: row.id,
      userId: row.user_id,
      userHandle: row.user_handle,
      credentialId: row.credential_id,
      publicKey: row.public_key,
      counter: row.counter,
      transports: row.transports,
      isSynced: row.is_synced,
    }
  );
}

/** Fault: `passkey_taken`. */
export async function insertPasskey(
  tx: Queryable,
  userId: Id<"user">,
  { credential, name, nowMs }: { credential: PasskeyCredential; name: string; nowMs: number },
): Promise<Id<"passkey">> {
  const id = createId("passkey");
  const { userHandle, credentialId, publicKey, counter, transports, isSynced } = credential;
  await tx
    .query(sql`
      insert into passkeys
        (id, user_id, user_handle, credential_id, public_key, counter, transports, is_synced, name, created_at)
      values (${id}, ${userId}, ${userHandle}, ${Buffer.from(credentialId)}, ${Buffer.from(publicKey)}, ${counter},
        ${transports}, ${isSynced}, ${name}, ${new Date(nowMs)})`)
    .catch((error: unknown) => {
      throw isUniqueViolation(error)
        ? signInFaults.fault("passkey_taken", "This passkey is kept already.")
        : error;
    });
  return id;
}

export async function notePasskeyUse(
  database: Queryable,
  id: Id<"passkey">,
  { counter, isSynced, nowMs }: { counter: number; isSynced: boolean; nowMs: number },
): Promise<void> {
  await database.query(sql`
    update passkeys set counter = greatest(counter, ${counter}), is_synced = ${isSynced}, last_used_at = ${new Date(nowMs)}
    where id = ${id}`);
}

/** Fault: `passkey_not_found`. */
export async function renamePasskey(
  database: Queryable,
  { id, userId }: Pick<Passkey, "id" | "userId">,
  name: string,
): Promise<void> {
  const renamed = await database.query(sql`
    update passkeys set name = ${name} where id = ${id} and user_id = ${userId} returning 1 as one`);
  if (renamed.length === 0) throw notFound();
}

/** Fault: `passkey_not_found`. */
export async function removePasskey(
  tx: Queryable,
  { id, userId }: Pick<Passkey, "id" | "userId">,
): Promise<void> {
  const gone = await tx.query(
    sql`delete from passkeys where id = ${id} and user_id = ${userId} returning 1 as one`,
  );
  if (gone.length === 0) throw notFound();
}

function notFound(): Error {
  return signInFaults.fault("passkey_not_found", "There is no such passkey in this account.");
}
