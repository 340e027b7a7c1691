/**
 * What goes out of every token, grant and client when something goes that scopes name, in the transaction that removes it: a later
 * portal or server of the same name is another one, and nobody was given that one.
 */
import { recordChange, sql, type Queryable } from "@castellan/database";
import { accessTokensTopic } from "./grants/access-tokens.ts";
import { endGrantsOfPortal, grantsTopic } from "./grants/end-grants.ts";
import { portalScope, serverScope } from "./scopes.ts";
import { toolClasses } from "./tool-class.ts";

/** What people allowed clients to do there ends. */
export async function withdrawPortal(tx: Queryable, slug: string): Promise<void> {
  const [clock] = await tx.query<{ now: Date }>(sql`select now()`);
  if (clock) await endGrantsOfPortal(tx, slug, clock.now);
  const ended = await tx.query<{ hash: Buffer }>(sql`
    update access_tokens set revoked_at = now()
     where portal = ${slug} and grant_id is null and revoked_at is null returning hash`);
  for (const { hash } of ended) await recordChange(tx, accessTokensTopic, hash.toString("base64url"));
  await withdrawScopes(tx, [
    portalScope(slug),
    ...toolClasses.map((toolClass) => portalScope(slug, toolClass)),
  ]);
}

export function withdrawServer(tx: Queryable, slug: string): Promise<void> {
  return withdrawScopes(
    tx,
    toolClasses.map((toolClass) => serverScope(slug, toolClass)),
  );
}

async function withdrawScopes(tx: Queryable, gone: readonly string[]): Promise<void> {
  const others = sql`array(select scope from unnest(scopes) as scope where scope <> all (${gone}))`;
  const tokens = await tx.query<{ id: string }>(sql`
    update tokens set scopes = ${others} where scopes && ${gone}::text[] returning id`);
  for (const { id } of tokens) await recordChange(tx, "tokens", id);
  const grants = await tx.query<{ id: string }>(sql`
    update grants set scopes = ${others} where ended_at is null and scopes && ${gone}::text[] returning id`);
  for (const { id } of grants) await recordChange(tx, grantsTopic, id);
  const clients = await tx.query<{ client_id: string }>(sql`
    update client_scopes set scopes = ${others} where scopes && ${gone}::text[] returning client_id`);
  for (const { client_id: id } of clients) await recordChange(tx, "clients", id);
  const accessTokens = await tx.query<{ hash: Buffer }>(sql`
    update access_tokens set scopes = ${others}
     where revoked_at is null and scopes && ${gone}::text[] returning hash`);
  for (const { hash } of accessTokens) await recordChange(tx, accessTokensTopic, hash.toString("base64url"));
}
