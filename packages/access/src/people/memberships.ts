/** Who is in which group, and by whom it was said. */
import { sql, type Queryable } from "@castellan/database";
import { createId, type Id } from "@castellan/kernel";
import { accessFaults } from "../faults.ts";
import type { Directory } from "./user.ts";
import { isName } from "./user-input.ts";

/** The source of what an admin said; every other one is a provider's slug. */
export const localSource = "local";

const maxGroups = 1000;

type Member = { readonly id: Id<"user">; readonly directory: Directory };

/**
 * Puts a person into exactly these groups as far as admins say it. What a provider says stays, and is not said again
 * here: it ends when the provider takes it back. Throws `group_not_found`.
 */
export async function setLocalGroups(
  tx: Queryable,
  user: Member,
  names: readonly string[],
): Promise<boolean> {
  const found = await tx.query<{ id: string; name: string; told: boolean }>(sql`
    select id, name, exists (
             select from memberships
              where group_id = groups.id and user_id = ${user.id} and source <> ${localSource}) as told
      from groups where directory = ${user.directory} and name = any(${names}) for key share`);
  const at = names.findIndex((name) => !found.some((group) => group.name === name));
  if (at >= 0)
    throw accessFaults.fault("group_not_found", "There is no group of this name in the person's directory", {
      field: `groups[${at}]`,
    });
  return setGroups(
    tx,
    user.id,
    localSource,
    found.filter(({ told }) => !told).map(({ id }) => id),
  );
}

/**
 * The same as far as a provider says it. Groups that nobody has made yet are made; what cannot be the name of one is
 * left out. Says whether anything is different now.
 */
export async function setToldGroups(
  tx: Queryable,
  user: Member,
  { source, groups, now }: { source: string; groups: readonly string[]; now: Date },
): Promise<boolean> {
  const names = [...new Set(groups)].filter(isName).toSorted().slice(0, maxGroups);
  const known = await tx.query<{ name: string }>(
    sql`select name from groups where directory = ${user.directory} and name = any(${names})`,
  );
  const missing = names.filter((name) => !known.some((group) => group.name === name));
  for (const name of missing)
    await tx.query(sql`
      insert into groups (id, directory, name, created_at, updated_at)
      values (${createId("group")}, ${user.directory}, ${name}, ${now}, ${now})
      on conflict (directory, name) do nothing`);
  // One that is being removed at this moment is gone: it is made again when the provider next names it.
  const found = await tx.query<{ id: string }>(sql`
    select id from groups where directory = ${user.directory} and name = any(${names}) for key share`);
  return setGroups(
    tx,
    user.id,
    source,
    found.map(({ id }) => id),
  );
}

async function setGroups(
  tx: Queryable,
  userId: Id<"user">,
  source: string,
  groupIds: readonly string[],
): Promise<boolean> {
  const gone = await tx.query(sql`
    delete from memberships
     where user_id = ${userId} and source = ${source} and group_id <> all(${groupIds}) returning group_id`);
  const come = await tx.query(sql`
    insert into memberships (group_id, user_id, source)
    select id, ${userId}, ${source} from unnest(${groupIds}::text[]) as id
    on conflict do nothing returning group_id`);
  return gone.length + come.length > 0;
}
