/** How somebody is asked: once for what is the same, however many calls want it, on however many replicas. */
import { recordChange, sql, type Transaction } from "@castellan/database";
import { createId, type Id } from "@castellan/kernel";
import { ownerIdOf } from "../../account.ts";
import { credentialFaults } from "../../faults.ts";
import { linksTopic, type LinkRequest } from "../../link.ts";
import type { Ground } from "../ground.ts";
import type { NewLink } from "../links.ts";
import { linkColumns, toLink, type LinkRow } from "../storage/link-row.ts";

const lifetimeMs = 60 * 60 * 1000;
const maxScopes = 100;
const maxNameChars = 200;

/** So long a no counts: whoever's client declines for them, or asks again and again, is not asked without end. */
const noCountsMs = 60 * 60 * 1000;

export async function ask(ground: Ground, asked: NewLink): Promise<LinkRequest> {
  const { database, clock } = ground;
  return database.transaction(async (tx) => {
    // One person's questions are put one after the other: so each is found by the next, and none is too many.
    await tx.query(sql`select pg_advisory_xact_lock(hashtextextended(${`links ${asked.personId}`}, 0))`);
    const nowMs = clock.now();
    const plain = withinBounds(asked);
    const earlier = await renewSame(tx, plain, nowMs);
    if (earlier !== undefined) return earlier;
    if (plain.from === undefined) await makeRoom(tx, ground, plain.personId, nowMs);
    else await assertRoom(tx, ground, plain, nowMs);
    return insert(tx, plain, nowMs);
  });
}

/** What strangers say as it can be kept: PostgreSQL has no NUL in a text. */
function withinBounds(asked: NewLink): NewLink {
  const { from, scopes = [] } = asked;
  return {
    ...asked,
    scopes: [...new Set(scopes)].slice(0, maxScopes).toSorted(),
    from: from && { ...from, clientName: from.clientName.replaceAll("\0", "").slice(0, maxNameChars) },
  };
}

/** The pending one that is the same, good for its whole time again: whoever asks now waits from now on. */
async function renewSame(tx: Transaction, asked: NewLink, nowMs: number): Promise<LinkRequest | undefined> {
  const { from } = asked;
  const [row] = await tx.query<LinkRow>(sql`
    update link_requests set expires_at = ${new Date(nowMs + lifetimeMs)}, reason = ${asked.reason}
    where id = (
      select id from link_requests
      where state = 'pending' and person_id = ${asked.personId} and target_id = ${asked.targetId}
        and owner_id = ${ownerIdOf(asked.owner)} and expires_at > ${new Date(nowMs)}
        and client_id is not distinct from ${from?.clientId ?? null}
        and client_name is not distinct from ${from?.clientName ?? null}
        and portal is not distinct from ${from?.portal ?? null}
        and scopes = ${asked.scopes ?? []}::text[]
      limit 1)
    returning ${linkColumns}`);
  return row && toLink(row, nowMs);
}

/**
 * What clients set off is limited: as many as may wait, half of them for one target, so that a server that asks for other
 * scopes with each call leaves room for the others; and as many that were declined for one target lately.
 */
async function assertRoom(
  tx: Transaction,
  { maxPending }: Ground,
  { personId, targetId }: NewLink,
  nowMs: number,
): Promise<void> {
  const maxThere = Math.ceil(maxPending / 2);
  const [row] = await tx.query<{ pending: number; there: number; declined: number }>(sql`
    select
      (select count(*)::int from (
        select 1 from link_requests
        where person_id = ${personId} and state = 'pending' and expires_at > ${new Date(nowMs)}
          and client_name is not null limit ${maxPending}) as found) as pending,
      (select count(*)::int from (
        select 1 from link_requests
        where person_id = ${personId} and target_id = ${targetId} and state = 'pending'
          and expires_at > ${new Date(nowMs)} and client_name is not null limit ${maxThere}) as found) as there,
      (select count(*)::int from (
        select 1 from link_requests
        where person_id = ${personId} and target_id = ${targetId} and state = 'declined'
          and settled_at > ${new Date(nowMs - noCountsMs)} limit ${maxPending}) as found) as declined`);
  const limited = (message: string) =>
    credentialFaults.fault("links_limited", message, { data: { maxPending } });
  if (row !== undefined && row.pending >= maxPending)
    throw limited(`${maxPending} requests to sign in wait already`);
  if (row !== undefined && row.there >= maxThere)
    throw limited(`${maxThere} requests to sign in there wait already`);
  if (row !== undefined && row.declined >= maxPending)
    throw limited(`${maxPending} requests of the last hour to sign in there were declined`);
}

/** Whoever sets off more on the page itself than may wait has given up the oldest. */
async function makeRoom(
  tx: Transaction,
  { maxPending }: Ground,
  personId: Id<"user">,
  nowMs: number,
): Promise<void> {
  const rows = await tx.query<{ id: string }>(sql`
    update link_requests set state = 'expired', settled_at = ${new Date(nowMs)}
    where id in (
      select id from link_requests
      where person_id = ${personId} and state = 'pending' and client_name is null
      order by asked_at desc, id desc offset ${maxPending - 1} limit ${maxPending})
    returning id`);
  for (const { id } of rows) await recordChange(tx, linksTopic, id);
}

async function insert(tx: Transaction, asked: NewLink, nowMs: number): Promise<LinkRequest> {
  const { from } = asked;
  const [row] = await tx.query<LinkRow>(sql`
    insert into link_requests
      (id, target_id, owner_id, person_id, reason, scopes, client_id, client_name, portal, state, asked_at, expires_at)
    values (${createId("link")}, ${asked.targetId}, ${ownerIdOf(asked.owner)}, ${asked.personId}, ${asked.reason},
            ${asked.scopes ?? []}, ${from?.clientId ?? null}, ${from?.clientName ?? null}, ${from?.portal ?? null},
            'pending', ${new Date(nowMs)}, ${new Date(nowMs + lifetimeMs)})
    returning ${linkColumns}`);
  return toLink(row as LinkRow, nowMs);
}
