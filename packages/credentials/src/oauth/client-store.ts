/** Registrations of our own at authorization servers (RFC 7591), by issuer: a client of one is never used at another. */
import { createHash } from "node:crypto";
import { sql, type Database } from "@castellan/database";
import { defineSealedColumn, type SealedContext, type Vault } from "@castellan/vault";
import type { ClientAuthMethod } from "../auth/upstream-auth.ts";
import type { UpstreamClient } from "./upstream-client.ts";

export const upstreamClientSealedColumns = [
  defineSealedColumn({ table: "upstream_clients", idColumn: "id", column: "sealed_client" }),
];

export interface Registration {
  readonly issuer: string;
  readonly redirectUri: string;
  readonly clientId: string;
  readonly method: ClientAuthMethod;
  readonly secret: string | undefined;
  /** When its secret ends. */
  readonly expiresAt: Date | undefined;
}

export interface ClientStore {
  /** The newest that is good for this redirect address. */
  newest(issuer: string, redirectUri: string): Promise<UpstreamClient | undefined>;
  /** That very one: accounts are refreshed by the client by which they were linked. */
  find(issuer: string, clientId: string): Promise<UpstreamClient | undefined>;
  /** Those before it stay while accounts live by them. */
  add(registration: Registration): Promise<UpstreamClient>;
  forget(issuer: string, clientId: string): Promise<void>;
}

export interface ClientStoreOptions {
  readonly database: Database;
  readonly vault: Pick<Vault, "seal" | "open">;
  readonly now: () => number;
}

interface Row {
  readonly issuer: string;
  readonly client_id: string;
  readonly sealed_client: Buffer;
}

interface Sealed {
  readonly redirectUri: string;
  readonly method: ClientAuthMethod;
  readonly secret?: string;
}

/** Of one issuer: who registers anew again and again has this many to choose from. */
const maxOfIssuer = 20;

export function createClientStore({ database, vault, now }: ClientStoreOptions): ClientStore {
  const open = ({ issuer, client_id: clientId, sealed_client: sealed }: Row) => {
    // By what the row says of itself: who can write to the database cannot have a secret sent to another issuer.
    const context = sealedAt(idOf(issuer, clientId));
    const { redirectUri, method, secret } = JSON.parse(vault.open(sealed, context).toString()) as Sealed;
    return { redirectUri, client: toClient(clientId, method, secret) };
  };

  return {
    newest: async (issuer, redirectUri) => {
      const rows = await database.query<Row>(sql`
        select issuer, client_id, sealed_client from upstream_clients
        where issuer = ${issuer} and (expires_at is null or expires_at > ${new Date(now())})
        order by registered_at desc, id limit ${maxOfIssuer}`);
      return rows.map(open).find((one) => one.redirectUri === redirectUri)?.client;
    },
    find: async (issuer, clientId) => {
      const [row] = await database.query<Row>(sql`
        select issuer, client_id, sealed_client from upstream_clients
        where issuer = ${issuer} and client_id = ${clientId} limit 1`);
      return row && open(row).client;
    },
    add: async ({ issuer, redirectUri, clientId, method, secret, expiresAt }) => {
      const id = idOf(issuer, clientId);
      const content: Sealed = { redirectUri, method, ...(secret !== undefined && { secret }) };
      const sealed = vault.seal(JSON.stringify(content), sealedAt(id));
      const registeredAt = new Date(now());
      await database.transaction(async (tx) => {
        await tx.query(sql`
          insert into upstream_clients (id, issuer, client_id, sealed_client, registered_at, expires_at)
          values (${id}, ${issuer}, ${clientId}, ${sealed}, ${registeredAt}, ${expiresAt ?? null})
          on conflict (id) do update set
            sealed_client = excluded.sealed_client, registered_at = excluded.registered_at, expires_at = excluded.expires_at`);
        // A day: sign-ins that began by an older one are over.
        await tx.query(sql`
          delete from upstream_clients c
          where c.issuer = ${issuer} and c.id <> ${id} and c.registered_at < ${new Date(now() - dayMs)}
            and not exists (
              select 1 from linked_accounts a where a.issuer = c.issuer and a.client_id = c.client_id)`);
      });
      return toClient(clientId, method, secret);
    },
    forget: async (issuer, clientId) => {
      await database.query(
        sql`delete from upstream_clients where issuer = ${issuer} and client_id = ${clientId}`,
      );
    },
  };
}

const dayMs = 86_400_000;

function toClient(clientId: string, method: ClientAuthMethod, secret: string | undefined): UpstreamClient {
  return { kind: "registered", id: clientId, method, secret, privateKey: undefined };
}

function sealedAt(row: string): SealedContext {
  return { table: "upstream_clients", row, column: "sealed_client" };
}

function idOf(issuer: string, clientId: string): string {
  return createHash("sha256")
    .update(JSON.stringify([issuer, clientId]))
    .digest("hex");
}
