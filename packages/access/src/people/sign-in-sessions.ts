/**
 * The browsers that people are signed in with. The browser holds a secret of 256 random bits, the database its
 * SHA-256: whoever reads the table cannot come in by it.
 */
import { sql, type Database } from "@castellan/database";
import { createId, type Clock, type Id } from "@castellan/kernel";
import { randomBytes } from "node:crypto";
import { accessFaults } from "../faults.ts";
import { endGrantsOfSessions } from "../grants/end-grants.ts";
import { hashSecret } from "../token-secret.ts";
import { getUser } from "./people.ts";
import { sessionColumns, toSession, type SessionRow } from "./session-row.ts";
import type { SignInSession, User } from "./user.ts";
import { toUser, userColumns, type UserRow } from "./user-row.ts";

export interface NewSignIn {
  readonly user: Pick<User, "id">;
  /** The slug of the provider; `local` for an account of the house. */
  readonly provider: string;
  /** Whom the provider calls them (`SigningIn`); absent for an account of the house. */
  readonly subject?: string | undefined;
  /** How they proved who they are (RFC 8176). */
  readonly amr: readonly string[];
  /** When they proved it. Default: just now. */
  readonly authenticatedAt?: Date | undefined;
  readonly address: string;
  /** Cut to 256 characters. */
  readonly userAgent: string;
  readonly lifetimeMs: number;
}

export interface EndOptions {
  readonly userId?: Id<"user"> | undefined;
  /** Clients that were let in from this browser stay. Default false: they go. */
  readonly keepsGrants?: boolean | undefined;
}

export interface SignInSessions {
  /** Always a new secret: one that somebody planted in a browser is never signed in. Throws `account_suspended`, `user_not_found`. */
  begin(signIn: NewSignIn): Promise<{ session: SignInSession; secret: string }>;
  /** Undefined for whatever is no living session of a person who may come in. */
  find(secret: string): Promise<{ session: SignInSession; user: User } | undefined>;
  /**
   * They have proved it anew, by default just now: the newest proof counts, with its own `amr` only (a password of now
   * does not become two factors by a code of this morning), and the browser gets a new secret, so that whoever else
   * holds the old one has proved nothing. Undefined where the session has ended.
   */
  prove(
    id: Id<"signIn">,
    amr: readonly string[],
    authenticatedAt?: Date,
  ): Promise<{ session: SignInSession; secret: string } | undefined>;
  /**
   * Ends it for good, with the grants given in it; twice is once. With `userId`: one of that person's.
   * Throws `sign_in_not_found`.
   */
  end(id: Id<"signIn">, options?: EndOptions): Promise<void>;
  /** All of a person's but one, in the same way; how many there were. */
  endOthers(userId: Id<"user">, but: Id<"signIn"> | undefined): Promise<number>;
  /** The living ones of a person, last used first, at most 200. */
  list(userId: Id<"user">): Promise<SignInSession[]>;
  /** Forgets those that ended or expired more than 30 days ago, at most 1,000; how many there were. */
  sweep(): Promise<number>;
}

export interface SignInSessionsOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** One that nobody used for so long has ended. Default: only its lifetime counts. */
  readonly idleMs?: number | undefined;
}

const maxListed = 200;
const maxUserAgent = 256;
const maxSwept = 1000;
const keptMs = 30 * 86_400_000;
/** How exactly last use is kept. */
const exactToMs = 60_000;

export function createSignInSessions({ database, clock, idleMs }: SignInSessionsOptions): SignInSessions {
  const now = () => new Date(clock.now());
  const ago = (ms: number) => new Date(clock.now() - ms);
  const isLiving = () => sql`
    s.ended_at is null and s.expires_at > ${now()}
    and (${idleMs === undefined} or s.last_used_at > ${ago(idleMs ?? 0)})`;

  async function endWhich(which: ReturnType<typeof sql>, keepsGrants = false): Promise<number> {
    return database.transaction(async (tx) => {
      const ended = await tx.query<{ id: string }>(
        sql`update sign_in_sessions s set ended_at = coalesce(ended_at, ${now()}) where ${which} returning id`,
      );
      const ids = ended.map(({ id }) => id);
      if (!keepsGrants) await endGrantsOfSessions(tx, ids, now());
      return ids.length;
    });
  }

  return {
    begin: ({ user, provider, subject, amr, authenticatedAt = now(), address, userAgent, lifetimeMs }) =>
      database.transaction(async (tx) => {
        const secret = randomBytes(32).toString("base64url");
        // Holds the person's row: who is being suspended at this moment is not signed in, or signed out again.
        const [active] = await tx.query(sql`
          update users set last_signed_in_at = ${now()} where id = ${user.id} and status = 'active' returning 1`);
        if (!active) {
          await getUser(tx, user.id);
          throw accessFaults.fault("account_suspended", "This account is suspended; ask an admin");
        }
        const [row] = await tx.query<SessionRow>(sql`
          insert into sign_in_sessions as s (
            id, hash, user_id, provider, subject, amr, authenticated_at, created_at, last_used_at, expires_at,
            address, user_agent)
          values (
            ${createId("signIn")}, ${toHash(secret)}, ${user.id}, ${provider}, ${subject ?? null}, ${amr},
            ${authenticatedAt}, ${now()}, ${now()}, ${ago(-lifetimeMs)}, ${address}, ${storable(userAgent)})
          returning ${sessionColumns}`);
        if (!row) throw new TypeError("An insert returned no row");
        return { session: toSession(row), secret };
      }),

    async find(secret) {
      const [row] = await database.query<SessionRow & { user: Id<"user"> }>(sql`
        select ${sessionColumns} from sign_in_sessions s where s.hash = ${toHash(secret)} and ${isLiving()}`);
      if (!row) return undefined;
      const [user] = await database.query<UserRow>(
        sql`select ${userColumns} from users where id = ${row.user_id} and status = 'active'`,
      );
      if (!user) return undefined;
      if (row.last_used_at < ago(exactToMs))
        await database.query(
          sql`update sign_in_sessions set last_used_at = greatest(last_used_at, ${now()}) where id = ${row.id}`,
        );
      return { session: toSession(row), user: toUser(user) };
    },

    async prove(id, amr, authenticatedAt = now()) {
      const secret = randomBytes(32).toString("base64url");
      const [row] = await database.query<SessionRow>(sql`
        update sign_in_sessions s
           set hash = ${toHash(secret)}, last_used_at = ${now()},
               amr = case when ${authenticatedAt} >= authenticated_at then ${amr}::text[] else amr end,
               authenticated_at = greatest(authenticated_at, ${authenticatedAt})
         where s.id = ${id} and ${isLiving()} returning ${sessionColumns}`);
      return row && { session: toSession(row), secret };
    },

    async end(id, { userId, keepsGrants } = {}) {
      const ended = await endWhich(
        sql`s.id = ${id} and (${userId ?? null}::text is null or s.user_id = ${userId ?? null})`,
        keepsGrants,
      );
      if (ended === 0)
        throw accessFaults.fault("sign_in_not_found", "There is no sign-in session with this id");
    },

    endOthers: (userId, but) =>
      endWhich(sql`s.user_id = ${userId} and s.ended_at is null and s.id <> ${but ?? ""}`),

    async list(userId) {
      const rows = await database.query<SessionRow>(sql`
        select ${sessionColumns} from sign_in_sessions s where s.user_id = ${userId} and ${isLiving()}
         order by s.last_used_at desc, s.id desc limit ${maxListed}`);
      return rows.map(toSession);
    },

    async sweep() {
      const swept = await database.query(sql`
        delete from sign_in_sessions where id in (
          select id from sign_in_sessions
           where expires_at < ${ago(keptMs)} or ended_at < ${ago(keptMs)}
           order by expires_at limit ${maxSwept} for update skip locked)
        returning 1`);
      return swept.length;
    },
  };
}

function toHash(secret: string): Buffer {
  return Buffer.from(hashSecret(secret), "base64url");
}

/** What a browser says of itself is a stranger's text: PostgreSQL takes no U+0000 and no half of a surrogate pair. */
function storable(text: string): string {
  return text.slice(0, maxUserAgent).toWellFormed().replaceAll("\0", "");
}
