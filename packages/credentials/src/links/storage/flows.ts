/**
 * Sign-ins under way: what must be the same when the browser comes back. A flow belongs to one request and one person's
 * browser session, is good for ten minutes, and is good once.
 */
import { createHash } from "node:crypto";
import { sql, type Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { defineSealedColumn, type Vault } from "@castellan/vault";

export interface LinkFlow {
  readonly linkId: Id<"link">;
  /** How the target was when it began (`targetMark`). */
  readonly mark: string;
  /** What `oauth` has to know again. */
  readonly flow: unknown;
}

const column = defineSealedColumn({ table: "link_flows", idColumn: "id", column: "sealed_flow" });

/** Where secrets of links lie, for the rotation of the master key. */
export const linkSealedColumns = [column];

export const flowMs = 10 * 60 * 1000;

type FlowVault = Pick<Vault, "seal" | "open">;

interface Returning {
  readonly state: string;
  /** The session of the browser, as a digest. */
  readonly browser: string;
}

/** Nobody has more tabs for one sign-in; whoever begins it again and again has given up the first ones. */
const maxFlows = 10;

/** Several may be under way for one request: somebody went back, or has two tabs. */
export async function insertFlow(
  queryable: Queryable,
  vault: FlowVault,
  { state, browser, nowMs, ...flow }: Returning & LinkFlow & { readonly nowMs: number },
): Promise<void> {
  const id = flowId(state);
  const sealed = vault.seal(JSON.stringify(flow), { ...column, row: id });
  await queryable.query(sql`
    delete from link_flows where id in (
      select id from link_flows where link_id = ${flow.linkId}
      order by expires_at desc, id offset ${maxFlows - 1})`);
  await queryable.query(sql`
    insert into link_flows (id, link_id, browser, sealed_flow, expires_at)
    values (${id}, ${flow.linkId}, ${browser}, ${sealed}, ${new Date(nowMs + flowMs)})`);
}

/** Ends the flow, and says what it was; undefined for one that is not this browser's, is over or was taken. */
export async function takeFlow(
  queryable: Queryable,
  vault: FlowVault,
  { state, browser, nowMs }: Returning & { readonly nowMs: number },
): Promise<LinkFlow | undefined> {
  const id = flowId(state);
  // One statement: of many that come back with one state at once, one gets it.
  const [row] = await queryable.query<{ sealed_flow: Buffer }>(sql`
    delete from link_flows where id = ${id} and browser = ${browser} and expires_at > ${new Date(nowMs)}
    returning sealed_flow`);
  return (
    row && (JSON.parse(vault.open(row.sealed_flow, { ...column, row: id }).toString("utf8")) as LinkFlow)
  );
}

/** Whether a sign-in for this request was begun and has not come back. */
export async function hasFlow(queryable: Queryable, linkId: Id<"link">): Promise<boolean> {
  const rows = await queryable.query(sql`select 1 from link_flows where link_id = ${linkId} limit 1`);
  return rows.length > 0;
}

function flowId(state: string): string {
  return createHash("sha256").update(state).digest("base64url");
}
