/** Registered servers in PostgreSQL. Every change wakes the replicas through the change log. */
import { isDeepStrictEqual } from "node:util";
import { withdrawServer } from "@castellan/access";
import { recordChange, sql, type Database, type Queryable, type Transaction } from "@castellan/database";
import type { AuthSecrets } from "@castellan/credentials";
import { createId, kernelFaults, type Id } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { callFaults } from "../faults.ts";
import type { OnRenamed } from "../reviews/renames.ts";
import { acceptWaiting } from "../reviews/settle.ts";
import { applyChange, wayTo } from "./apply-change.ts";
import { assertAuthFits } from "./auth-rules.ts";
import { endedAccounts, type EndedAccounts } from "./ended-accounts.ts";
import { assertKindFits } from "./kind-rules.ts";
import { changeHeaders, openHeaders, sealHeaders, type Headers, type HeadersRow } from "./server-headers.ts";
import { selectServers, toStored, type ServerRow, type StoredServer } from "./server-row.ts";
import { changeSecrets, namesOf, openAuth, sealAuth, type AuthRow } from "./server-secrets.ts";
import type { NewServer, Server, ServerChange } from "./server.ts";
import { insertServer, outdate, updateServer } from "./write-server.ts";

/** The topic of the change log under which servers are told; keys are server ids. */
export const serversTopic = "servers";

/**
 * Throws `server_unknown` for a slug that no server has, and `version_stale` where `ifMatch` is given and is not
 * the version that is there: then nothing is changed.
 */
export interface ServerStore {
  /** Throws `server_slug_taken`, and `invalid_input` where auth, secrets and headers do not go together. */
  add(server: NewServer, also?: AlsoAdded): Promise<Server>;
  /** All of them by slug. */
  list(): Promise<StoredServer[]>;
  /** One page by slug. */
  page(wanted: ServerPage): Promise<{ readonly items: StoredServer[]; readonly next?: string | undefined }>;
  /** Those of these ids that exist. */
  findByIds(ids: readonly string[]): Promise<StoredServer[]>;
  find(slug: string): Promise<StoredServer | undefined>;
  get(slug: string): Promise<StoredServer>;
  /**
   * Changes what is named. A change that changes nothing leaves the `version`. What lines depend on (URL,
   * transport, headers, auth, private addresses, client features) is another `revision`, too; all but the features make
   * the state outdated, until a sync has ended. A kind that is accepted
   * without approval from now on takes what waits of it with it. Throws `server_headers_required`,
   * `server_secrets_required`, and `invalid_input` where auth, secrets and headers do not go together.
   */
  change(slug: string, change: ServerChange, ifMatch?: number, also?: AlsoChanged): Promise<StoredServer>;
  remove(slug: string, ifMatch?: number): Promise<void>;
  /** The headers to send with every request, unsealed. Throws one of `unusableHeaders`. */
  headersOf(id: Id<"server">): Promise<Headers>;
  /** The secrets of its auth, unsealed. Throws one of `unusableHeaders`. */
  authSecretsOf(id: Id<"server">): Promise<AuthSecrets>;
}

/** What goes with a new server, in the transaction that adds it; what it throws, keeps it from being added. */
export type AlsoAdded = (tx: Queryable, id: Id<"server">) => Promise<void>;

/**
 * What else is changed of a server, in the transaction of its change: resolves to whether anything is. Then the server has
 * to be asked again, as one that is reached in another way.
 */
export type AlsoChanged = (tx: Queryable, server: Server) => Promise<boolean>;

export interface ServerPage {
  /** Servers that have this text in slug, title, description or URL, in whichever case. */
  readonly q?: string | undefined;
  /** Servers with these ids only. */
  readonly ids?: readonly string[] | undefined;
  /** Servers of which this is true only: for what is not in the database. */
  readonly isWanted?: ((server: StoredServer) => boolean) | undefined;
  /** The slug after which the page begins: `next` of the one before. */
  readonly after?: string | undefined;
  /** How many at most. */
  readonly limit: number;
}

/** How many are read at a time where it is not known how many of them are wanted. */
const batchSize = 200;

export interface ServerStoreOptions {
  readonly database: Database;
  readonly vault: Vault;
  /** Told of names that changed where a setting accepts the new one. */
  readonly onRenamed?: OnRenamed;
  /** Told of one that goes, in the transaction that removes it; what it throws keeps the server. */
  readonly onRemoved?: ((tx: Queryable, slug: string, id: Id<"server">) => Promise<void>) | undefined;
  /** Told of accounts that are not for the server any more as it is after a change, in the transaction of that change. */
  readonly onAccountsEnded?:
    | ((tx: Queryable, id: Id<"server">, ended: EndedAccounts) => Promise<void>)
    | undefined;
}

export function createServerStore({
  database,
  vault,
  onRenamed,
  onRemoved,
  onAccountsEnded,
}: ServerStoreOptions): ServerStore {
  async function find(slug: string, from: Queryable = database): Promise<StoredServer | undefined> {
    const [row] = await from.query<ServerRow>(sql`${selectServers} where s.slug = ${slug}`);
    return row && toStored(row);
  }

  async function get(slug: string, from: Queryable = database): Promise<StoredServer> {
    const found = await find(slug, from);
    if (!found) throw unknown(slug);
    return found;
  }

  async function readAfter(slug: string, wanted: ServerPage, limit: number): Promise<StoredServer[]> {
    const { q, ids } = wanted;
    const rows = await database.query<ServerRow>(sql`
      ${selectServers}
       where s.slug > ${slug}
         and (${ids ?? null}::text[] is null or s.id = any(${ids ?? null}::text[]))
         and (${q ?? null}::text is null
              or strpos(lower(concat_ws(' ', s.slug, s.title, s.description, s.url)), lower(${q ?? null})) > 0)
       order by s.slug limit ${limit}`);
    return rows.map(toStored);
  }

  return {
    find: (slug) => find(slug),
    get: (slug) => get(slug),

    async add(server, also) {
      const id = createId("server");
      const { auth = { kind: "auto" }, authSecrets = {} } = server;
      const { kind = "mcp", face, transport = "auto", clientFeatures: features = [], uiHosts = [] } = server;
      assertKindFits({ kind, face, transport, clientFeatures: features, uiHosts });
      assertAuthFits({
        auth,
        authSecretNames: namesOf(authSecrets),
        headerNames: Object.keys(server.headers),
      });
      const sealed = {
        headers: sealHeaders(vault, id, server.url, server.headers),
        auth: sealAuth(vault, { id, url: server.url.href, auth }, authSecrets),
      };
      return database.transaction(async (tx) => {
        await insertServer(tx, id, server, sealed);
        await also?.(tx, id);
        await recordChange(tx, serversTopic, id);
        return (await get(server.slug, tx)).server;
      });
    },

    async list() {
      const rows = await database.query<ServerRow>(sql`${selectServers} order by s.slug`);
      return rows.map(toStored);
    },

    async page(wanted) {
      const { isWanted = () => true, limit } = wanted;
      const found: StoredServer[] = [];
      let last = wanted.after ?? "";
      for (;;) {
        const size = wanted.isWanted ? batchSize : limit + 1;
        const batch = await readAfter(last, wanted, size);
        found.push(...batch.filter(isWanted));
        const items = found.slice(0, limit);
        if (found.length > limit) return { items, next: items.at(-1)?.server.slug };
        const end = batch.at(-1);
        if (batch.length < size || !end) return { items };
        last = end.server.slug;
      }
    },

    async findByIds(ids) {
      const rows = await database.query<ServerRow>(
        sql`${selectServers} where s.id = any(${ids}) order by s.slug`,
      );
      return rows.map(toStored);
    },

    async change(slug, change, ifMatch, also) {
      return database.transaction(async (tx) => {
        const row = await lock(tx, slug, ifMatch);
        const { server: before } = toStored(row);
        const url = change.url ?? new URL(before.url);
        const headers = changeHeaders(vault, row, url, change.headers ?? {});
        const secrets = changeSecrets(
          vault,
          row,
          { url, auth: change.auth ?? before.auth },
          change.authSecrets ?? {},
        );
        const after = applyChange(change, before, headers?.names, secrets?.names);
        const isOtherApi = (await also?.(tx, after)) ?? false;
        if (!headers && !secrets && !isOtherApi && isDeepStrictEqual(before, after)) return toStored(row);
        assertKindFits(after);
        assertAuthFits(after);
        const isOtherWay =
          headers !== undefined || secrets !== undefined || !isDeepStrictEqual(wayTo(before), wayTo(after));
        const isOtherLine = isOtherWay || !isDeepStrictEqual(before.clientFeatures, after.clientFeatures);
        const sealed = {
          headers: headers ? headers.sealed : row.sealed_headers,
          auth: secrets ? secrets.sealed : row.sealed_auth,
        };
        await updateServer(tx, after, sealed, isOtherLine);
        if (isOtherWay || isOtherApi) await outdate(tx, before, after);
        const ended = endedAccounts(before, after);
        if (ended) await onAccountsEnded?.(tx, after.id, ended);
        if (after.autoAccept.some((kind) => !before.autoAccept.includes(kind)))
          await acceptWaiting(tx, after.id, after.autoAccept, onRenamed);
        await recordChange(tx, serversTopic, after.id);
        return get(slug, tx);
      });
    },

    async remove(slug, ifMatch) {
      await database.transaction(async (tx) => {
        const { id } = await lock(tx, slug, ifMatch);
        await onRemoved?.(tx, slug, id);
        await tx.query(sql`delete from servers where id = ${id}`);
        await withdrawServer(tx, slug);
        await recordChange(tx, serversTopic, id);
      });
    },

    async headersOf(id) {
      const [row] = await database.query<HeadersRow>(
        sql`select id, slug, url, sealed_headers from servers where id = ${id}`,
      );
      return row ? openHeaders(vault, row) : {};
    },

    async authSecretsOf(id) {
      const [row] = await database.query<AuthRow>(
        sql`select id, slug, url, auth, sealed_auth from servers where id = ${id}`,
      );
      return row ? openAuth(vault, row) : {};
    },
  };
}

/** The server as it is, and as nobody else changes it until the transaction ends. */
async function lock(
  tx: Transaction,
  slug: string,
  ifMatch: number | undefined,
): Promise<ServerRow & HeadersRow & AuthRow> {
  const [locked] = await tx.query<{ id: string } & Sealed>(
    sql`select id, sealed_headers, sealed_auth from servers where slug = ${slug} for update`,
  );
  const [row] = locked ? await tx.query<ServerRow>(sql`${selectServers} where s.id = ${locked.id}`) : [];
  if (!locked || !row) throw unknown(slug);
  if (ifMatch === undefined || ifMatch === row.version)
    return { ...row, sealed_headers: locked.sealed_headers, sealed_auth: locked.sealed_auth };
  throw kernelFaults.fault(
    "version_stale",
    `Server "${slug}" is at version ${row.version}, not ${ifMatch}: it was changed meanwhile`,
    { field: "If-Match", data: { version: row.version } },
  );
}

type Sealed = Pick<HeadersRow, "sealed_headers"> & Pick<AuthRow, "sealed_auth">;

function unknown(slug: string) {
  return callFaults.fault("server_unknown", `No server "${slug}" is registered`);
}
