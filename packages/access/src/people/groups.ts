/**
 * Groups in PostgreSQL, and who is in them by an admin's word. A group is told as topic `groups`, whoever is touched
 * by what happens to it as `users`.
 */
import { isUniqueViolation, recordChange, sql, type Database, type Queryable } from "@castellan/database";
import { createId, invalidInput, isPrintable, kernelFaults, type Clock, type Id } from "@castellan/kernel";
import { accessFaults } from "../faults.ts";
import { localSource } from "./memberships.ts";
import { usersTopic } from "./people.ts";
import { parseName } from "./user-input.ts";
import type { Directory, Group } from "./user.ts";

const groupsTopic = "groups";

export interface NewGroup {
  readonly directory: Directory;
  /** 1 to 128 printable characters, unique in the directory; case counts, as in the claims of providers. */
  readonly name: string;
  /** At most 1,000 printable characters. Default none. */
  readonly description?: string | undefined;
}

export interface GroupFilter {
  readonly directory?: Directory | undefined;
  /** Text in the name or description, in any case. */
  readonly q?: string | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  /** How many at most. */
  readonly limit: number;
}

export interface GroupsOptions {
  readonly database: Database;
  readonly clock: Clock;
  /**
   * Carries another name (undefined: the group goes) over to what names groups, in the transaction of the change:
   * a later group of the old name is another one, and nobody let that one in.
   */
  readonly onRenamed?: (tx: Queryable, group: Group, name: string | undefined) => Promise<void>;
}

/** Throws `invalid_input` naming the field, and `group_not_found` where an id is asked for. */
export interface Groups {
  /** Throws `group_name_taken`. */
  add(group: NewGroup): Promise<Group>;
  get(id: Id<"group">): Promise<Group>;
  /** In the order of directory and name. */
  page(filter: GroupFilter): Promise<{ items: Group[]; next?: string }>;
  /**
   * A provider that names the old name makes that group anew. Throws `group_name_taken`, `version_stale`.
   */
  change(
    id: Id<"group">,
    change: { name?: string | undefined; description?: string | undefined },
    options?: { ifMatch?: number | undefined },
  ): Promise<Group>;
  /** Throws `version_stale`. */
  remove(id: Id<"group">, options?: { ifMatch?: number | undefined }): Promise<void>;
  /** Somebody of the same directory; twice is once. Throws `user_not_found`. */
  addMember(id: Id<"group">, userId: Id<"user">): Promise<void>;
  /** Whoever is in it by a provider's word is put back at their next sign-in. Throws `user_not_found`. */
  removeMember(id: Id<"group">, userId: Id<"user">): Promise<void>;
}

export function createGroups({ database, clock, onRenamed }: GroupsOptions): Groups {
  const now = () => new Date(clock.now());

  return {
    add: ({ directory, name, description = "" }) =>
      database.transaction(async (tx) => {
        const [row] = await tx.query<GroupRow>(sql`
          insert into groups (id, directory, name, description, created_at, updated_at)
          values (${createId("group")}, ${directory}, ${parseName(name)}, ${parseDescription(description)},
                  ${now()}, ${now()})
          on conflict (directory, name) do nothing returning ${groupColumns}`);
        if (!row) throw nameTaken();
        await recordChange(tx, groupsTopic, row.id);
        return toGroup(row);
      }),

    get: (id) => getGroup(database, id),

    async page({ directory, q, after = "", limit }) {
      const [afterDirectory = "", ...afterName] = after.split(" ");
      const rows = await database.query<GroupRow>(sql`
        select ${groupColumns} from groups
         where (directory collate "C", name collate "C")
                 > (${afterDirectory} collate "C", ${afterName.join(" ")} collate "C")
           and (${directory ?? null}::text is null or directory = ${directory ?? null})
           and (${q ?? null}::text is null
                or strpos(lower(concat_ws(' ', name, description)), lower(${q ?? null})) > 0)
         order by directory collate "C", name collate "C" limit ${limit + 1}`);
      const items = rows.slice(0, limit).map(toGroup);
      const last = items.at(-1);
      return rows.length > limit && last ? { items, next: `${last.directory} ${last.name}` } : { items };
    },

    async change(id, change, { ifMatch } = {}) {
      const changing = database.transaction(async (tx) => {
        const group = await lockGroup(tx, id, ifMatch);
        const name = change.name === undefined ? group.name : parseName(change.name);
        const description =
          change.description === undefined ? group.description : parseDescription(change.description);
        if (name === group.name && description === group.description) return group;
        await tx.query(sql`
          update groups set name = ${name}, description = ${description}, version = version + 1,
                 updated_at = ${now()} where id = ${id}`);
        await recordChange(tx, groupsTopic, id);
        if (name !== group.name) {
          await onRenamed?.(tx, group, name);
          await tellMembers(tx, id);
        }
        return getGroup(tx, id);
      });
      return changing.catch((error: unknown) => {
        throw isUniqueViolation(error, "groups_directory_name_key") ? nameTaken() : error;
      });
    },

    remove: (id, { ifMatch } = {}) =>
      database.transaction(async (tx) => {
        const group = await lockGroup(tx, id, ifMatch);
        await tellMembers(tx, id);
        await onRenamed?.(tx, group, undefined);
        await tx.query(sql`delete from groups where id = ${id}`);
        await recordChange(tx, groupsTopic, id);
      }),

    addMember: (id, userId) =>
      database.transaction(async (tx) => {
        const { directory } = await getGroup(tx, id);
        await assertIn(tx, userId, directory);
        const put = await tx.query(sql`
          insert into memberships (group_id, user_id, source) values (${id}, ${userId}, ${localSource})
          on conflict do nothing returning 1`);
        if (put.length > 0) await noteChange(tx, userId, now());
      }),

    removeMember: (id, userId) =>
      database.transaction(async (tx) => {
        const { directory } = await getGroup(tx, id);
        await assertIn(tx, userId, directory);
        const taken = await tx.query(
          sql`delete from memberships where group_id = ${id} and user_id = ${userId} returning 1`,
        );
        if (taken.length > 0) await noteChange(tx, userId, now());
      }),
  };
}

interface GroupRow {
  readonly id: Id<"group">;
  readonly directory: Directory;
  readonly name: string;
  readonly description: string;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly members: number;
}

const groupColumns = sql`
  groups.id, groups.directory, groups.name, groups.description, groups.version, groups.created_at,
  groups.updated_at,
  (select count(distinct user_id) from memberships where group_id = groups.id) as members`;

function toGroup({ created_at: createdAt, updated_at: updatedAt, ...row }: GroupRow): Group {
  return { ...row, createdAt, updatedAt };
}

const maxDescription = 1000;

function parseDescription(text: string): string {
  if (text.length <= maxDescription && isPrintable(text)) return text;
  const reason = `must be at most ${maxDescription} printable characters`;
  throw invalidInput([{ field: "description", reason }]);
}

async function getGroup(database: Queryable, id: Id<"group">): Promise<Group> {
  const [row] = await database.query<GroupRow>(sql`select ${groupColumns} from groups where id = ${id}`);
  if (!row) throw accessFaults.fault("group_not_found", "There is no group with this id");
  return toGroup(row);
}

async function lockGroup(tx: Queryable, id: Id<"group">, ifMatch: number | undefined): Promise<Group> {
  await tx.query(sql`select 1 from groups where id = ${id} for update`);
  // A statement of its own: one that had to wait for the lock sees other tables as they were before it waited.
  const group = await getGroup(tx, id);
  if (ifMatch === undefined || group.version === ifMatch) return group;
  throw kernelFaults.fault(
    "version_stale",
    `Group "${group.name}" is at version ${group.version}, not at ${ifMatch}`,
    { field: "If-Match", data: { version: group.version } },
  );
}

async function assertIn(tx: Queryable, userId: Id<"user">, directory: Directory): Promise<void> {
  const [row] = await tx.query(
    sql`select 1 from users where id = ${userId} and directory = ${directory} for no key update`,
  );
  if (!row)
    throw accessFaults.fault("user_not_found", "There is no person with this id in the group's directory");
}

/** The groups that somebody is in are part of them. */
async function noteChange(tx: Queryable, userId: Id<"user">, now: Date): Promise<void> {
  await tx.query(sql`update users set version = version + 1, updated_at = ${now} where id = ${userId}`);
  await recordChange(tx, usersTopic, userId);
}

async function tellMembers(tx: Queryable, id: Id<"group">): Promise<void> {
  const members = await tx.query<{ user_id: string }>(
    sql`select distinct user_id from memberships where group_id = ${id}`,
  );
  for (const { user_id: userId } of members) await recordChange(tx, usersTopic, userId);
}

function nameTaken(): Error {
  return accessFaults.fault("group_name_taken", "A group of this directory has this name already", {
    field: "name",
  });
}
