import { sql, type Queryable } from "@castellan/database";

const maxRows = 1_000;

/** Removes the rows of dead replicas, and letters that nobody read for a minute, at most 1,000 of each. */
export async function sweep(line: Queryable): Promise<void> {
  await line.query(sql`
    with dead as (
      delete from replicas where id in (
        select id from replicas where lease_until <= now() order by id limit ${maxRows} for update skip locked
      )
    )
    delete from mail where id in (
      select id from mail where created_at < now() - interval '60 seconds'
      order by created_at limit ${maxRows} for update skip locked
    )`);
}

/** Removes a replica that stops, with its mail: the others know at once. */
export async function leave(database: Queryable, id: string): Promise<void> {
  await database.query(sql`
    with gone as (delete from replicas where id = ${id}) delete from mail where to_replica = ${id}`);
}
