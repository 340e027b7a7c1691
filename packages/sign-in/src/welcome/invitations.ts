/**
 * One-time links: whoever has one says how they will sign in from now on, as the person whom it was made for. The first
 * one of all is for nobody yet: who finishes it becomes the first owner. A link is used up by finishing, never by
 * looking: mail programs and chats open links by themselves.
 */
import { randomBytes } from "node:crypto";
import { hashSecret } from "@castellan/access";
import { recordChange, sql, type Database, type Queryable, type Transaction } from "@castellan/database";
import { createId, type Id } from "@castellan/kernel";
import { signInFaults } from "../faults.ts";

export interface Invitation {
  readonly id: Id<"invitation">;
  /** Undefined: for the first owner, who says who they are. */
  readonly userId: Id<"user"> | undefined;
  readonly createdAt: Date;
  /** Undefined: good until it is used. */
  readonly expiresAt: Date | undefined;
}

export interface NewInvitation {
  readonly userId: Id<"user">;
  /** The id of whoever makes it, or the name of a part of the system. */
  readonly createdBy: string;
  readonly nowMs: number;
  /** Default a day. */
  readonly lifetimeMs?: number | undefined;
}

export interface MadeInvitation {
  readonly invitation: Invitation;
  /** What the link ends in. It is told here and nowhere else. */
  readonly secret: string;
}

export const invitationLifetimeMs = 24 * 3600_000;

/** `/welcome/{secret}` */
export function welcomePath(secret: string): string {
  return `/welcome/${secret}`;
}

interface Row {
  readonly id: Id<"invitation">;
  readonly user_id: Id<"user"> | null;
  readonly created_at: Date;
  readonly expires_at: Date | null;
}

/**
 * Makes a link for somebody; an earlier one of theirs is dead. Whether it may be made is for the caller to know: it lets
 * its holder be that person. The person must exist.
 */
export function createInvitation(database: Database, wanted: NewInvitation): Promise<MadeInvitation> {
  const { userId, createdBy, nowMs, lifetimeMs = invitationLifetimeMs } = wanted;
  return database.transaction(async (tx) => {
    // Holds the person's row: of two that are made at once the second ends the first.
    await tx.query(sql`select 1 as one from users where id = ${userId} for no key update`);
    await endInvitations(tx, userId, nowMs);
    await recordChange(tx, "users", userId);
    return insert(tx, { userId, createdBy, nowMs, expiresAt: new Date(nowMs + lifetimeMs) });
  });
}

export interface FirstOwnerOptions {
  readonly nowMs: number;
  /** Makes another one in the place of one that lives: its secret is lost. */
  readonly replaces?: boolean | undefined;
  /** Keeps the secret where somebody finds it, before the link is committed. May be called again with another one. */
  readonly keep: (made: MadeInvitation) => Promise<void>;
}

/**
 * Makes the link for the first owner, if there is neither an owner nor such a link; undefined if there is. Replicas that
 * start together make one between them. Throws what `keep` throws.
 */
export function ensureFirstOwnerLink(
  database: Database,
  { nowMs, keep, replaces = false }: FirstOwnerOptions,
): Promise<MadeInvitation | undefined> {
  return database.transaction(async (tx) => {
    await tx.query(sql`select pg_advisory_xact_lock(hashtextextended('castellan.sign-in.first-owner', 0))`);
    if (await hasOwner(tx)) return undefined;
    if (replaces) await endInvitations(tx, undefined, nowMs);
    const [living] = await tx.query(sql`
      select 1 as one from invitations where user_id is null and used_at is null and ended_at is null`);
    if (living) return undefined;
    const made = await insert(tx, { userId: undefined, createdBy: "setup", nowMs, expiresAt: undefined });
    await keep(made);
    return made;
  });
}

/** The living invitation of a link. Fault: `welcome_link_dead`. */
export async function findInvitation(
  database: Queryable,
  secret: string,
  nowMs: number,
): Promise<Invitation> {
  const [row] = await database.query<Row>(sql`
    select id, user_id, created_at, expires_at from invitations
    where hash = ${toHash(secret)} and ${isLiving(nowMs)}`);
  if (!row || (row.user_id === null && (await hasOwner(database)))) throw dead();
  return toInvitation(row);
}

/** Uses it up, on the transaction that does what it is for. Of many at once one succeeds. Fault: `welcome_link_dead`. */
export async function useInvitation(
  tx: Transaction,
  { id, userId }: Invitation,
  nowMs: number,
): Promise<void> {
  const used = await tx.query(sql`
    update invitations set used_at = ${new Date(nowMs)} where id = ${id} and ${isLiving(nowMs)} returning 1 as one`);
  if (used.length === 0 || (userId === undefined && (await hasOwner(tx)))) throw dead();
}

/** Ends what links there are for somebody; says whether there was one. */
export async function endInvitations(
  tx: Queryable,
  userId: Id<"user"> | undefined,
  nowMs: number,
): Promise<boolean> {
  const ended = await tx.query(sql`
    update invitations set ended_at = ${new Date(nowMs)}
    where user_id is not distinct from ${userId ?? null} and used_at is null and ended_at is null
    returning 1 as one`);
  return ended.length > 0;
}

async function insert(
  tx: Queryable,
  made: Pick<Invitation, "userId" | "expiresAt"> & { createdBy: string; nowMs: number },
): Promise<MadeInvitation> {
  const secret = randomBytes(32).toString("base64url");
  const invitation: Invitation = {
    id: createId("invitation"),
    userId: made.userId,
    createdAt: new Date(made.nowMs),
    expiresAt: made.expiresAt,
  };
  await tx.query(sql`
    insert into invitations (id, hash, user_id, role, created_at, created_by, expires_at)
    values (${invitation.id}, ${toHash(secret)}, ${made.userId ?? null},
      coalesce((select role from users where id = ${made.userId ?? null}), 'owner'), ${invitation.createdAt},
      ${made.createdBy}, ${made.expiresAt ?? null})`);
  return { invitation, secret };
}

async function hasOwner(database: Queryable): Promise<boolean> {
  const [row] = await database.query<{ is_some: boolean }>(
    sql`select exists (select from users where role = 'owner' and status = 'active') as is_some`,
  );
  return row?.is_some ?? false;
}

function isLiving(nowMs: number) {
  return sql`used_at is null and ended_at is null and (expires_at is null or expires_at > ${new Date(nowMs)})
    and (user_id is null or role = (select role from users where users.id = user_id))`;
}

function toInvitation(row: Row): Invitation {
  return {
    id: row.id,
    userId: row.user_id ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
  };
}

/** Of 256 random bits: SHA-256 is enough, and a look-up by it may take its time. */
function toHash(secret: string): Buffer {
  return Buffer.from(hashSecret(secret), "base64url");
}

function dead(): Error {
  return signInFaults.fault(
    "welcome_link_dead",
    "This link has been used, has run out, or was replaced by a newer one. If you have used it yourself, sign in; otherwise ask an admin for a new link.",
    { data: { back: "/sign-in", backText: "Sign in" } },
  );
}
