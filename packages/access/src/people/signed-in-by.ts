/** Which person a provider (or a trusted issuer) means: known to it before, linked by address, or new. */
import { recordChange, sql, type Queryable } from "@castellan/database";
import { createId, invalidInput, isPrintable, type Id } from "@castellan/kernel";
import { accessFaults } from "../faults.ts";
import type { KeptClaims } from "../issuers/kept-claims.ts";
import { isPermitted, type Role } from "../roles.ts";
import { setToldGroups } from "./memberships.ts";
import { isName, toEmail } from "./user-input.ts";
import type { Directory, User } from "./user.ts";
import { toUser, userColumns, type UserRow } from "./user-row.ts";

/** What a provider has proved of somebody, and what it may do with them. */
export interface SigningIn {
  /** The slug of the provider or issuer: with `subject` it names one person for good. */
  readonly provider: string;
  /** What the provider calls them; 1 to 255 printable characters. */
  readonly subject: string;
  /** Where its people are; nobody of another directory is meant by it. */
  readonly directory: Directory;
  readonly email?: string | undefined;
  /** The provider says that the address is theirs. Nothing is done by an address of which it does not. */
  readonly emailVerified: boolean;
  readonly name?: string | undefined;
  /** All groups that it names; undefined: it says nothing of them, and what it said before stays. */
  readonly groups?: readonly string[] | undefined;
  /** What it says of them and is to be kept; undefined: what it said before stays. */
  readonly claims?: KeptClaims | undefined;
  /** Whom nobody knows becomes a new member. */
  readonly createsUsers: boolean;
  /**
   * Whom it names by address may be anybody who is here already. Without this only somebody whom an admin has added,
   * who has not come in any way yet and could not manage the platform.
   */
  readonly linksByEmail: boolean;
}

const maxSubjectLength = 255;
/** How exactly it is kept when they came last. */
const exactToMs = 60_000;

/** Throws `account_unknown`, `account_suspended`, `invalid_input` for a subject that is none. */
export async function signIn(tx: Queryable, signing: SigningIn, now: Date): Promise<User> {
  const { provider, subject, directory, groups } = signing;
  if (subject.length < 1 || subject.length > maxSubjectLength || !isPrintable(subject))
    throw invalidInput([
      { field: "subject", reason: `must be 1 to ${maxSubjectLength} printable characters` },
    ]);
  const id = (await known(tx, signing)) ?? (await meet(tx, signing, now));
  const user = id && (await read(tx, id));
  // One sentence for all of it: which addresses have accounts is nobody's business.
  if (!user || user.directory !== directory)
    throw accessFaults.fault("account_unknown", "There is no account for you here; ask an admin for one");
  if (user.status !== "active")
    throw accessFaults.fault("account_suspended", "This account is suspended; ask an admin");
  await noteUse(tx, signing, id, now);
  const isElsewhere =
    groups !== undefined && (await setToldGroups(tx, user, { source: provider, groups, now }));
  const isSaidAnew = await keepClaims(tx, signing);
  if (!isElsewhere && !isSaidAnew) return user;
  await recordChange(tx, "users", id);
  return (await read(tx, id)) ?? user;
}

async function known(tx: Queryable, { provider, subject }: SigningIn): Promise<Id<"user"> | undefined> {
  const [row] = await tx.query<{ user_id: Id<"user"> }>(
    sql`select user_id from identities where provider = ${provider} and subject = ${subject}`,
  );
  return row?.user_id;
}

/** Whom this subject will mean from now on. */
async function meet(tx: Queryable, signing: SigningIn, now: Date): Promise<Id<"user"> | undefined> {
  const email = signing.emailVerified && signing.email !== undefined ? toEmail(signing.email) : undefined;
  if (email === undefined) return undefined;
  const made = signing.createsUsers ? await make(tx, signing, email, now) : undefined;
  const userId = made ?? (await findLinkable(tx, signing, email));
  if (userId !== undefined)
    await tx.query(sql`
      insert into identities (provider, subject, user_id, created_at)
      values (${signing.provider}, ${signing.subject}, ${userId}, ${now}) on conflict do nothing`);
  // Of many who come with one subject at once all are whom the first one met.
  return known(tx, signing);
}

/** Undefined where the address is somebody's already, or becomes so at this moment. */
async function make(
  tx: Queryable,
  signing: SigningIn,
  email: string,
  now: Date,
): Promise<Id<"user"> | undefined> {
  const name = signing.name?.trim() ?? "";
  const [row] = await tx.query<{ id: Id<"user"> }>(sql`
    insert into users (id, directory, email, name, role, created_at, updated_at)
    values (${createId("user")}, ${signing.directory}, ${email}, ${isName(name) ? name : email.slice(0, 128)},
            'member', ${now}, ${now})
    on conflict (directory, email) do nothing returning id`);
  if (row) await recordChange(tx, "users", row.id);
  return row?.id;
}

async function findLinkable(
  tx: Queryable,
  { directory, linksByEmail }: SigningIn,
  email: string,
): Promise<Id<"user"> | undefined> {
  const [locked] = await tx.query<{ id: Id<"user"> }>(sql`
    select id from users where directory = ${directory} and email = ${email} for no key update`);
  if (!locked || linksByEmail) return locked?.id;
  // A statement of its own: one that had to wait for the lock sees other tables as they were before it waited.
  const [row] = await tx.query<{ role: Role; is_used: boolean }>(sql`
    select role, last_signed_in_at is not null
                 or exists (select from identities where user_id = users.id) as is_used
      from users where id = ${locked.id}`);
  return row && !row.is_used && !isPermitted(row.role, "manage") ? locked.id : undefined;
}

async function read(tx: Queryable, id: Id<"user">): Promise<User | undefined> {
  const [row] = await tx.query<UserRow>(sql`select ${userColumns} from users where id = ${id}`);
  return row && toUser(row);
}

/** Whether it says anything else of them than before. */
async function keepClaims(tx: Queryable, { provider, subject, claims }: SigningIn): Promise<boolean> {
  if (claims === undefined) return false;
  const kept = await tx.query(sql`
    update identities set claims = ${claims}
     where provider = ${provider} and subject = ${subject} and claims <> ${claims} returning 1`);
  return kept.length > 0;
}

async function noteUse(tx: Queryable, signing: SigningIn, id: Id<"user">, now: Date): Promise<void> {
  const before = new Date(now.getTime() - exactToMs);
  const noted = await tx.query(sql`
    update identities set last_used_at = ${now}
     where provider = ${signing.provider} and subject = ${signing.subject}
       and (last_used_at is null or last_used_at < ${before}) returning 1`);
  if (noted.length > 0) await tx.query(sql`update users set last_signed_in_at = ${now} where id = ${id}`);
}
