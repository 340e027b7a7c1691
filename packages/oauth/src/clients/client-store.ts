/** Clients in PostgreSQL. What happens to one is told to the replicas as topic `clients`, by its id. */
import {
  endGrantsOfClient,
  generateSecret,
  hashSecret,
  revokeAccessTokensOfClient,
  setClientScopes,
} from "@castellan/access";
import { recordChange, sql, type Database, type Queryable } from "@castellan/database";
import { createId, kernelFaults, type Clock } from "@castellan/kernel";
import { isDeepStrictEqual } from "node:util";
import { oauthFaults } from "../faults.ts";
import { findClient, selectClients, toClient, type ClientRow } from "./client-row.ts";
import { hasSecret, type Client, type ClientKind, type ClientMetadata } from "./client.ts";
import {
  assertRegistrable,
  type RegisteredClientChange,
  type RegisteredClientInput,
} from "./registered-client.ts";

export const clientsTopic = "clients";

/** A client together with its secret, if it has one: the only time that this is told. */
export interface MadeClient {
  readonly client: Client;
  readonly secret: string | undefined;
}

export interface ClientFilter {
  /** Text in name, id or a redirect URI, in whichever case. */
  readonly q?: string | undefined;
  readonly kind?: ClientKind | undefined;
  /** The id after which the page begins. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** All that name a client throw `client_not_found`; those with `ifMatch` also `version_stale`. */
export interface ClientStore {
  /** One that an admin writes down; `by`: their id. Throws `invalid_input`. */
  add(input: RegisteredClientInput, by: string): Promise<MadeClient>;
  /**
   * One whose id was chosen. It has no secret until one is made (`rotateSecret`). Throws `invalid_input`, and
   * `client_not_registered` where a client that nobody wrote down has this id.
   */
  addKnown(id: string, input: RegisteredClientInput, by: string): Promise<Client>;
  /** One that registers itself. */
  register(metadata: ClientMetadata): Promise<MadeClient>;
  /** What was read at the URL that is its id, for the first time or anew. */
  keepDocument(url: string, metadata: ClientMetadata, freshUntil: Date): Promise<Client>;
  find(id: string): Promise<Client | undefined>;
  get(id: string): Promise<Client>;
  /** In the order of ids. */
  page(filter: ClientFilter): Promise<{ items: Client[]; next?: string }>;
  /**
   * Only of registered ones. Whatever it may do for itself from now on, the tokens that it has end when that changes.
   * Throws `client_not_registered`, `invalid_input`.
   */
  change(id: string, change: RegisteredClientChange, ifMatch?: number): Promise<Client>;
  /**
   * Makes a new secret; the ones before are good for that much longer. With 0 they end now, and with them the tokens
   * that it got for itself: that is for a secret that leaked.
   * Throws `client_not_registered`, `client_has_no_secret`.
   */
  rotateSecret(id: string, overlapMs: number, ifMatch?: number): Promise<MadeClient>;
  /** It ends with all that people gave it, and its tokens. One with a document may come again, and asks anew. */
  remove(id: string, ifMatch?: number): Promise<void>;
  /** That it got a token now. */
  noteUse(id: string): Promise<void>;
}

export interface ClientStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Told of one that an admin removes, in the transaction that does; what it throws keeps the client. */
  readonly onRemoved?: ((tx: Queryable, id: string) => Promise<void>) | undefined;
}

export function createClientStore({ database, clock, onRemoved }: ClientStoreOptions): ClientStore {
  const now = () => new Date(clock.now());

  async function get(from: Queryable, id: string): Promise<Client> {
    const found = await findClient(from, id, now());
    if (found) return found;
    throw notFound();
  }

  function insertWithSecret(client: Omit<NewClient, "id">, by: string | undefined): Promise<MadeClient> {
    const id = createId("client");
    return database.transaction(async (tx) => {
      await insert(tx, { ...client, id }, { by, now: now() });
      const secret = hasSecret(client) ? await addSecret(tx, id, now()) : undefined;
      return { client: await get(tx, id), secret };
    });
  }

  return {
    find: (id) => findClient(database, id, now()),
    get: (id) => get(database, id),

    async add(input, by) {
      assertRegistrable(input);
      return insertWithSecret({ ...input, kind: "registered" }, by);
    },

    async addKnown(id, input, by) {
      assertRegistrable(input);
      return database.transaction(async (tx) => {
        await insert(tx, { ...input, kind: "registered", id }, { by, now: now() });
        return get(tx, id);
      });
    },

    register: (metadata) =>
      insertWithSecret({ ...metadata, kind: "dynamic", scopes: [], mayIntrospect: false }, undefined),

    async keepDocument(url, metadata, freshUntil) {
      return database.transaction(async (tx) => {
        // What is as it was is the same version. Kept by whoever read last, if two read at once.
        await tx.query(sql`
          insert into oauth_clients as c (id, kind, name, uri, redirect_uris, auth_method, grant_types, jwks, jwks_uri,
                                          created_at, updated_at, read_at, fresh_until)
          values (${url}, 'document', ${metadata.name}, ${metadata.uri ?? null}, ${metadata.redirectUris},
                  ${metadata.authMethod}, ${metadata.grantTypes}, ${metadata.jwks ?? null}, ${metadata.jwksUri ?? null},
                  ${now()}, ${now()}, ${now()}, ${freshUntil})
          on conflict (id) do update set
            name = excluded.name, uri = excluded.uri, redirect_uris = excluded.redirect_uris,
            auth_method = excluded.auth_method, grant_types = excluded.grant_types, jwks = excluded.jwks,
            jwks_uri = excluded.jwks_uri, read_at = excluded.read_at, fresh_until = excluded.fresh_until,
            version = c.version + (${saidOf("c")} is distinct from ${saidOf("excluded")})::int,
            updated_at = case when ${saidOf("c")} is distinct from ${saidOf("excluded")}
                              then excluded.updated_at else c.updated_at end`);
        return get(tx, url);
      });
    },

    async page({ q, kind, after, limit }) {
      const rows = await database.query<ClientRow>(sql`
        ${selectClients(now())}
         where c.id > ${after ?? ""} and (${kind ?? null}::text is null or c.kind = ${kind ?? null})
           and (${q ?? null}::text is null or strpos(lower(
                 concat_ws(' ', c.id, c.name, array_to_string(c.redirect_uris, ' '))), lower(${q ?? null})) > 0)
         order by c.id limit ${limit + 1}`);
      const items = rows.slice(0, limit).map(toClient);
      const last = items.at(-1);
      return rows.length > limit && last ? { items, next: last.id } : { items };
    },

    async change(id, change, ifMatch) {
      return database.transaction(async (tx) => {
        const before = await lockRegistered(tx, id, now(), ifMatch);
        const after = withChange(before, change);
        if (isDeepStrictEqual(before, after)) return before;
        assertRegistrable(after);
        await tx.query(sql`
          update oauth_clients
             set name = ${after.name}, uri = ${after.uri ?? null}, redirect_uris = ${after.redirectUris},
                 grant_types = ${after.grantTypes}, may_introspect = ${after.mayIntrospect},
                 jwks = ${after.jwks ?? null}, jwks_uri = ${after.jwksUri ?? null},
                 version = version + 1, updated_at = ${now()}
           where id = ${id}`);
        await setClientScopes(tx, id, after.scopes);
        if (!isDeepStrictEqual(ownRights(before), ownRights(after)))
          await revokeAccessTokensOfClient(tx, id, now());
        await recordChange(tx, clientsTopic, id);
        return get(tx, id);
      });
    },

    async rotateSecret(id, overlapMs, ifMatch) {
      return database.transaction(async (tx) => {
        const client = await lockRegistered(tx, id, now(), ifMatch);
        if (!hasSecret(client))
          throw oauthFaults.fault("client_has_no_secret", `This client's way is ${client.authMethod}`);
        const until = new Date(clock.now() + overlapMs);
        await tx.query(sql`
          update client_secrets set expires_at = least(expires_at, ${until}) where client_id = ${id}`);
        await tx.query(sql`
          delete from client_secrets where client_id = ${id} and hash not in (
            select hash from client_secrets where client_id = ${id} and expires_at > ${now()}
             order by expires_at desc limit ${maxOldSecrets})`);
        if (overlapMs === 0) await revokeAccessTokensOfClient(tx, id, now());
        const secret = await addSecret(tx, id, now());
        await tx.query(sql`
          update oauth_clients set version = version + 1, updated_at = ${now()} where id = ${id}`);
        await recordChange(tx, clientsTopic, id);
        return { client: await get(tx, id), secret };
      });
    },

    async remove(id, ifMatch) {
      await database.transaction(async (tx) => {
        await lock(tx, id, now(), ifMatch);
        await onRemoved?.(tx, id);
        await removeClients(tx, [id], now());
      });
    },

    async noteUse(id) {
      await database.query(sql`
        update oauth_clients set last_used_at = ${now()}
         where id = ${id} and (last_used_at is null or last_used_at < ${new Date(clock.now() - useEveryMs)})`);
    },
  };
}

/** Takes clients away with all that hangs on them, as part of a transaction. */
export async function removeClients(tx: Queryable, ids: readonly string[], now: Date): Promise<void> {
  await tx.query(sql`delete from oauth_clients where id = any(${ids})`);
  for (const id of ids) {
    await setClientScopes(tx, id, []);
    await endGrantsOfClient(tx, id, now);
    await revokeAccessTokensOfClient(tx, id, now);
    await recordChange(tx, clientsTopic, id);
  }
}

type NewClient = Pick<Client, "id" | "kind"> & RegisteredClientInput;

async function insert(
  tx: Queryable,
  client: NewClient,
  { by, now }: { by: string | undefined; now: Date },
): Promise<void> {
  const { id } = client;
  const made = await tx.query(sql`
    insert into oauth_clients (id, kind, name, uri, redirect_uris, auth_method, grant_types, may_introspect,
                               jwks, jwks_uri, created_at, created_by, updated_at)
    values (${id}, ${client.kind}, ${client.name}, ${client.uri ?? null}, ${client.redirectUris},
            ${client.authMethod}, ${client.grantTypes}, ${client.mayIntrospect},
            ${client.jwks ?? null}, ${client.jwksUri ?? null}, ${now}, ${by ?? null}, ${now})
    on conflict (id) do nothing returning 1`);
  if (made.length === 0)
    throw oauthFaults.fault("client_not_registered", "There is a client with this id, which is no admin's");
  await setClientScopes(tx, id, client.scopes);
  await recordChange(tx, clientsTopic, id);
}

const useEveryMs = 60 * 60_000;
/** That are good beside the new one. */
const maxOldSecrets = 3;

/** What a document says, as one value: told apart by content, whatever else was written. */
function saidOf(row: "c" | "excluded") {
  return row === "c"
    ? sql`row(c.name, c.uri, c.redirect_uris, c.auth_method, c.grant_types, c.jwks, c.jwks_uri)`
    : sql`row(excluded.name, excluded.uri, excluded.redirect_uris, excluded.auth_method, excluded.grant_types,
              excluded.jwks, excluded.jwks_uri)`;
}

async function addSecret(tx: Queryable, clientId: string, now: Date): Promise<string> {
  const secret = generateSecret("client");
  const hash = Buffer.from(hashSecret(secret), "base64url");
  await tx.query(sql`
    insert into client_secrets (hash, client_id, created_at) values (${hash}, ${clientId}, ${now})`);
  return secret;
}

async function lock(tx: Queryable, id: string, now: Date, ifMatch: number | undefined): Promise<Client> {
  await tx.query(sql`select 1 from oauth_clients where id = ${id} for update`);
  // A statement of its own: one that had to wait for the lock sees other tables as they were before it waited.
  const client = await findClient(tx, id, now);
  if (!client) throw notFound();
  if (ifMatch !== undefined && client.version !== ifMatch)
    throw kernelFaults.fault(
      "version_stale",
      `The client is at version ${client.version}, not at ${ifMatch}`,
      {
        field: "If-Match",
      },
    );
  return client;
}

async function lockRegistered(tx: Queryable, id: string, now: Date, ifMatch?: number): Promise<Client> {
  const client = await lock(tx, id, now, ifMatch);
  if (client.kind === "registered") return client;
  throw oauthFaults.fault("client_not_registered", "This client was not registered by an admin");
}

function withChange(client: Client, change: RegisteredClientChange): Client {
  const { uri, jwks, jwksUri, name, redirectUris, grantTypes, scopes, mayIntrospect } = change;
  const hasNewKeys = jwks !== undefined || jwksUri !== undefined;
  return {
    ...client,
    name: name ?? client.name,
    uri: uri === undefined ? client.uri : (uri ?? undefined),
    redirectUris: redirectUris ?? client.redirectUris,
    grantTypes: grantTypes ?? client.grantTypes,
    scopes: scopes ?? client.scopes,
    mayIntrospect: mayIntrospect ?? client.mayIntrospect,
    jwks: hasNewKeys ? jwks : client.jwks,
    jwksUri: hasNewKeys ? jwksUri : client.jwksUri,
  };
}

/** What the tokens that it got for itself rest on. */
function ownRights({ grantTypes, scopes, jwks, jwksUri }: Client) {
  return { mayHave: grantTypes.includes("client_credentials"), scopes, jwks, jwksUri };
}

function notFound() {
  return oauthFaults.fault("client_not_found", "There is no client with this id");
}
