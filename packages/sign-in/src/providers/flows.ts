/**
 * Who is on their way through a provider: what must be the same when they come back. A flow belongs to one browser and
 * one provider, is good for ten minutes, and is good once.
 */
import { createHash, randomBytes } from "node:crypto";
import { sql, type Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import { defineSealedColumn, type Vault } from "@castellan/vault";

/** What Castellan remembers of a way that has begun. */
export interface Flow {
  /** RFC 7636. */
  readonly codeVerifier: string;
  /** OIDC Core §3.1.2.1. */
  readonly nonce: string;
  /** Where they were going, as it came. */
  readonly returnTo: string;
  /** When they were sent off, if they were to prove anew who they are; milliseconds since the epoch. */
  readonly provesAfterMs?: number | undefined;
}

/** Who comes back with which state. */
export interface Returning {
  /** What the provider gave back of the request (RFC 6749 §10.12). */
  readonly state: string;
  /** The secret in the browser's cookie. */
  readonly browser: string;
  readonly provider: string;
}

export interface Flows {
  begin(returning: Returning, flow: Flow): Promise<void>;
  /** Ends the flow, and says what it was; undefined for one that is not this browser's and provider's, is over or was taken. */
  take(returning: Returning): Promise<Flow | undefined>;
}

export const flowSealedColumn = defineSealedColumn({
  table: "sign_in_flows",
  idColumn: "id",
  column: "sealed_flow",
});

export const flowSeconds = 600;
const maxSwept = 100;

export function randomSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** What `randomSecret` can have made. */
export function isSecretText(text: string | undefined): text is string {
  return text !== undefined && /^[\w-]{43}$/.test(text);
}

export function createFlows({
  database,
  vault,
  clock,
}: {
  readonly database: Database;
  readonly vault: Pick<Vault, "seal" | "open">;
  readonly clock: Clock;
}): Flows {
  return {
    async begin({ state, browser, provider }, flow) {
      const id = hash(state).toString("base64url");
      const sealed = vault.seal(JSON.stringify(flow), contextOf(id));
      const now = clock.now();
      await database.query(sql`
        with swept as (
          delete from sign_in_flows where id in (
            select id from sign_in_flows where expires_at <= ${new Date(now)}
             order by expires_at limit ${maxSwept} for update skip locked))
        insert into sign_in_flows (id, browser, provider, sealed_flow, expires_at)
        values (${id}, ${hash(browser)}, ${provider}, ${sealed}, ${new Date(now + flowSeconds * 1000)})`);
    },

    async take({ state, browser, provider }) {
      const id = hash(state).toString("base64url");
      // One statement: of many who come back with one state at once, one gets it.
      const [row] = await database.query<{ sealed_flow: Buffer }>(sql`
        delete from sign_in_flows
         where id = ${id} and browser = ${hash(browser)} and provider = ${provider}
           and expires_at > ${new Date(clock.now())}
        returning sealed_flow`);
      return row && (JSON.parse(vault.open(row.sealed_flow, contextOf(id)).toString("utf8")) as Flow);
    },
  };
}

function hash(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

function contextOf(id: string) {
  return { ...flowSealedColumn, row: id };
}
