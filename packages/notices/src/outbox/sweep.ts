import { sql, type Queryable } from "@castellan/database";

const dayMs = 24 * 60 * 60 * 1000;
const deliveredKeptMs = 7 * dayMs;
const failedKeptMs = 30 * dayMs;
const maxRows = 1000;

/** Forgets what was settled long ago, at most 1,000 rows. True: there may be more. */
export async function sweepNotices(database: Queryable, nowMs: number): Promise<boolean> {
  const gone = await database.query(sql`
    delete from notices where id in (
      select id from notices
       where (state = 'delivered' and settled_at < ${new Date(nowMs - deliveredKeptMs)})
          or (state = 'failed' and settled_at < ${new Date(nowMs - failedKeptMs)})
          -- Of a way that there is no more: e-mail without a mail server.
          or (state = 'waiting' and give_up_at < ${new Date(nowMs - failedKeptMs)})
       limit ${maxRows} for update skip locked)
    returning 1`);
  return gone.length === maxRows;
}
