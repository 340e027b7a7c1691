/** People in PostgreSQL. Whatever changes who somebody is wakes the replicas: topic `users`, keys are their ids. */
import { isUniqueViolation, recordChange, sql, type Database, type Queryable } from "@castellan/database";
import { createId, kernelFaults, type Clock, type Id } from "@castellan/kernel";
import { accessFaults } from "../faults.ts";
import { endAllOfUser } from "../grants/end-grants.ts";
import type { Role } from "../roles.ts";
import { assertMayManage, assertOwnerRemains, countOwners, lockOwners } from "./authority.ts";
import { setLocalGroups } from "./memberships.ts";
import { signIn, type SigningIn } from "./signed-in-by.ts";
import { assertRoleIn, parseEmail, parseName } from "./user-input.ts";
import type { Directory, User, UserStatus } from "./user.ts";
import { toUser, userColumns, type UserRow } from "./user-row.ts";

export const usersTopic = "users";

export interface NewUser {
  readonly directory: Directory;
  /** In any case; kept in lower case. */
  readonly email: string;
  /** 1 to 128 printable characters. */
  readonly name: string;
  /** Default `member`. */
  readonly role?: Role | undefined;
  /** Names of groups that there are. */
  readonly groups?: readonly string[] | undefined;
}

/** What is absent stays. `groups`: all that they are in by an admin's word; what a provider says of them stays. */
export interface UserChange {
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  readonly role?: Role | undefined;
  readonly status?: UserStatus | undefined;
  readonly groups?: readonly string[] | undefined;
}

/** With which authority something is done: the role of whoever asks for it. The house itself acts as `owner`. */
export interface Acting {
  readonly by: Role;
  /** Another version than that is refused with `version_stale`. */
  readonly ifMatch?: number | undefined;
}

export interface UserFilter {
  readonly directory?: Directory | undefined;
  readonly role?: Role | undefined;
  readonly status?: UserStatus | undefined;
  /** The name of a group that they are in. */
  readonly group?: string | undefined;
  /** Text in address or name, in any case. */
  readonly q?: string | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  /** How many at most. */
  readonly limit: number;
}

/**
 * Throws `invalid_input` naming the field, `user_not_found` where an id is asked for, and `permission_required` where
 * somebody other than an owner decides about owners and admins.
 */
export interface People {
  /** Throws `email_taken`, `group_not_found`. */
  add(person: NewUser, acting: Acting): Promise<User>;
  get(id: Id<"user">): Promise<User>;
  /** The address in any case. */
  find(directory: Directory, email: string): Promise<User | undefined>;
  /** In the order of directory and address. */
  page(filter: UserFilter): Promise<{ items: User[]; next?: string }>;
  /**
   * Suspending somebody ends their sessions and grants at once. Throws `email_taken`, `group_not_found`,
   * `last_owner`, `version_stale`.
   */
  change(id: Id<"user">, change: UserChange, acting: Acting): Promise<User>;
  /** With everything that hangs on them. Throws `last_owner`, `version_stale`. */
  remove(id: Id<"user">, acting: Acting): Promise<void>;
  /** Whom a provider means, after it has proved it. Throws `account_unknown`, `account_suspended`. */
  signedInBy(signing: SigningIn): Promise<User>;
  /** How many owners there are who are not suspended. */
  ownersCount(): Promise<number>;
}

export function createPeople({ database, clock }: { database: Database; clock: Clock }): People {
  const now = () => new Date(clock.now());

  return {
    async add({ directory, role = "member", groups = [], ...named }, { by }) {
      const email = parseEmail(named.email);
      const name = parseName(named.name);
      assertRoleIn(directory, role);
      assertMayManage(by, role);
      const at = now();
      return database.transaction(async (tx) => {
        const [row] = await tx.query<{ id: Id<"user"> }>(sql`
          insert into users (id, directory, email, name, role, created_at, updated_at)
          values (${createId("user")}, ${directory}, ${email}, ${name}, ${role}, ${at}, ${at})
          on conflict (directory, email) do nothing returning id`);
        if (!row) throw emailTaken();
        await setLocalGroups(tx, { id: row.id, directory }, groups);
        await recordChange(tx, usersTopic, row.id);
        return getUser(tx, row.id);
      });
    },

    get: (id) => getUser(database, id),

    async find(directory, email) {
      const [row] = await database.query<UserRow>(sql`
        select ${userColumns} from users where directory = ${directory} and email = ${lowered(email)}`);
      return row && toUser(row);
    },

    page: (filter) => pageOfUsers(database, filter),

    async change(id, change, { by, ifMatch }) {
      const email = change.email === undefined ? undefined : parseEmail(change.email);
      const name = change.name === undefined ? undefined : parseName(change.name);
      const changing = database.transaction(async (tx) => {
        if (change.role !== undefined || change.status !== undefined) await lockOwners(tx);
        const user = await lockUser(tx, id, ifMatch);
        const { role = user.role, status = user.status } = change;
        assertMayManage(by, user.role, role);
        assertRoleIn(user.directory, role);
        if (role !== "owner" || status !== "active") await assertOwnerRemains(tx, user);
        const isOther =
          (email ?? user.email) !== user.email ||
          (name ?? user.name) !== user.name ||
          role !== user.role ||
          status !== user.status;
        const isElsewhere = change.groups !== undefined && (await setLocalGroups(tx, user, change.groups));
        if (!isOther && !isElsewhere) return user;
        await tx.query(sql`
          update users set email = ${email ?? user.email}, name = ${name ?? user.name}, role = ${role},
                 status = ${status}, version = version + 1, updated_at = ${now()}
           where id = ${id}`);
        if (status === "suspended" && user.status === "active") await endAllOfUser(tx, id, now());
        await recordChange(tx, usersTopic, id);
        return getUser(tx, id);
      });
      return changing.catch((error: unknown) => {
        throw isUniqueViolation(error, "users_directory_email_key") ? emailTaken() : error;
      });
    },

    remove: (id, { by, ifMatch }) =>
      database.transaction(async (tx) => {
        await lockOwners(tx);
        const user = await lockUser(tx, id, ifMatch);
        assertMayManage(by, user.role);
        await assertOwnerRemains(tx, user);
        // Told one by one, for whatever holds on to a grant alone; the rows go with the person's.
        await endAllOfUser(tx, id, now());
        await tx.query(sql`delete from users where id = ${id}`);
        await recordChange(tx, usersTopic, id);
      }),

    signedInBy: (signing) => database.transaction((tx) => signIn(tx, signing, now())),

    ownersCount: () => countOwners(database),
  };
}

/** Throws `user_not_found`. */
export async function getUser(database: Queryable, id: Id<"user">): Promise<User> {
  const [row] = await database.query<UserRow>(sql`select ${userColumns} from users where id = ${id}`);
  if (!row) throw accessFaults.fault("user_not_found", "There is no person with this id");
  return toUser(row);
}

/** The person as they are, and stay until the transaction ends. Throws `user_not_found`, `version_stale`. */
export async function lockUser(tx: Queryable, id: Id<"user">, ifMatch?: number): Promise<User> {
  await tx.query(sql`select 1 from users where id = ${id} for no key update`);
  // A statement of its own: one that had to wait for the lock sees other tables as they were before it waited.
  const user = await getUser(tx, id);
  if (ifMatch === undefined || user.version === ifMatch) return user;
  throw kernelFaults.fault("version_stale", `This person is at version ${user.version}, not at ${ifMatch}`, {
    field: "If-Match",
    data: { version: user.version },
  });
}

async function pageOfUsers(
  database: Queryable,
  { directory, role, status, group, q, after = "", limit }: UserFilter,
): Promise<{ items: User[]; next?: string }> {
  const [afterDirectory = "", afterEmail = ""] = after.split(" ");
  const rows = await database.query<UserRow>(sql`
    select ${userColumns} from users
     where (users.directory collate "C", users.email) > (${afterDirectory} collate "C", ${afterEmail})
       and (${directory ?? null}::text is null or users.directory = ${directory ?? null})
       and (${role ?? null}::text is null or users.role = ${role ?? null})
       and (${status ?? null}::text is null or users.status = ${status ?? null})
       and (${group ?? null}::text is null or exists (
             select from memberships join groups on groups.id = memberships.group_id
              where memberships.user_id = users.id and groups.name = ${group ?? null}))
       and (${q ?? null}::text is null
            or strpos(lower(concat_ws(' ', users.email, users.name)), lower(${q ?? null})) > 0)
     order by users.directory collate "C", users.email limit ${limit + 1}`);
  const items = rows.slice(0, limit).map(toUser);
  const last = items.at(-1);
  return rows.length > limit && last ? { items, next: `${last.directory} ${last.email}` } : { items };
}

function lowered(email: string): string {
  return email.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function emailTaken(): Error {
  return accessFaults.fault("email_taken", "Somebody in this directory has this address already", {
    field: "email",
  });
}
