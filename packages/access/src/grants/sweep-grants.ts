import { sql, type Queryable } from "@castellan/database";

const maxRows = 500;
const dayMs = 24 * 60 * 60 * 1000;
/** How long a grant that is over is still shown. */
const grantKeptMs = 30 * dayMs;
/** An expired token is known for a while, so that its holder hears that it is too late. */
const tokenKeptMs = dayMs;

/** Removes what was over long ago, at most 500 tokens and 500 grants. True: there may be more. */
export async function sweepGrants(database: Queryable, nowMs: number): Promise<boolean> {
  const [row] = await database.query<{ tokens: number; grants: number }>(sql`
    with
      tokens as (
        delete from access_tokens where hash in (
          select hash from access_tokens where expires_at < ${new Date(nowMs - tokenKeptMs)}
          limit ${maxRows} for update skip locked)
        returning 1),
      ended as (
        delete from grants where id in (
          select id from grants where expires_at < ${new Date(nowMs - grantKeptMs)}
          limit ${maxRows} for update skip locked)
        returning 1)
    select (select count(*) from tokens)::int as tokens, (select count(*) from ended)::int as grants`);
  return row !== undefined && (row.tokens === maxRows || row.grants === maxRows);
}
