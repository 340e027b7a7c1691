/** Registered servers in PostgreSQL. Every change wakes the replicas through the change log. */
import { isDeepStrictEqual } from "node:util";
import { withdrawServer } from "@castellan/access";
import {
  isUniqueViolation,
  recordChange,
  sql,
  type Database,
  type Queryable,
  type Transaction,
} from "@castellan/database";
import { createId, kernelFaults, type Id } from "@castellan/kernel";
import { clientFeatures } from "@castellan/mcp";
import type { Vault } from "@castellan/vault";
import { definitionKinds } from "../catalog/definition.ts";
import { callFaults } from "../faults.ts";
import type { OnRenamed } from "../reviews/renames.ts";
import { acceptWaiting } from "../reviews/settle.ts";
import { applyChange, inOrder, refsOf, wayTo } from "./apply-change.ts";
import { changeHeaders, openHeaders, sealHeaders, type Headers, type HeadersRow } from "./server-headers.ts";
import { selectServers, toStored, type ServerRow, type StoredServer } from "./server-row.ts";
import type { NewServer, Server, ServerChange } from "./server.ts";

/** The topic of the change log under which servers are told; keys are server ids. */
export const serversTopic = "servers";

/**
 * Throws `server_unknown` for a slug that no server has, and `version_stale` where `ifMatch` is given and is not
 * the version that is there: then nothing is changed.
 */
export interface ServerStore {
  /** Throws `server_slug_taken`. */
  add(server: NewServer): Promise<Server>;
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
   * transport, headers, private addresses, client features) is another `revision`, too; all but the features make
   * the state outdated, until a sync has ended. A kind that is accepted
   * without approval from now on takes what waits of it with it. Throws `server_headers_required`.
   */
  change(slug: string, change: ServerChange, ifMatch?: number): Promise<StoredServer>;
  remove(slug: string, ifMatch?: number): Promise<void>;
  /** The headers to send with every request, unsealed. Throws one of `unusableHeaders`. */
  headersOf(id: Id<"server">): Promise<Headers>;
}

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
  readonly onRemoved?: ((tx: Queryable, slug: string) => Promise<void>) | undefined;
}

export function createServerStore({
  database,
  vault,
  onRenamed,
  onRemoved,
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

    async add(server) {
      const id = createId("server");
      const sealed = sealHeaders(vault, id, server.url, server.headers);
      return database.transaction(async (tx) => {
        await insertServer(tx, id, server, sealed);
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

    async change(slug, change, ifMatch) {
      return database.transaction(async (tx) => {
        const row = await lock(tx, slug, ifMatch);
        const { server: before } = toStored(row);
        const url = change.url ?? new URL(before.url);
        const headers = changeHeaders(vault, row, url, change.headers ?? {});
        const after = applyChange(change, before, headers?.names);
        if (!headers && isDeepStrictEqual(before, after)) return toStored(row);
        const isOtherWay = headers !== undefined || !isDeepStrictEqual(wayTo(before), wayTo(after));
        const isOtherLine = isOtherWay || !isDeepStrictEqual(before.clientFeatures, after.clientFeatures);
        await updateServer(tx, after, headers ? headers.sealed : row.sealed_headers, isOtherLine);
        if (isOtherWay)
          await tx.query(sql`update server_states set is_outdated = true where server_id = ${after.id}`);
        if (after.autoAccept.some((kind) => !before.autoAccept.includes(kind)))
          await acceptWaiting(tx, after.id, after.autoAccept, onRenamed);
        await recordChange(tx, serversTopic, after.id);
        return get(slug, tx);
      });
    },

    async remove(slug, ifMatch) {
      await database.transaction(async (tx) => {
        const { id } = await lock(tx, slug, ifMatch);
        await onRemoved?.(tx, slug);
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
  };
}

/** The server as it is, and as nobody else changes it until the transaction ends. */
async function lock(
  tx: Transaction,
  slug: string,
  ifMatch: number | undefined,
): Promise<ServerRow & HeadersRow> {
  const [locked] = await tx.query<{ id: string; sealed_headers: Buffer | null }>(
    sql`select id, sealed_headers from servers where slug = ${slug} for update`,
  );
  const [row] = locked ? await tx.query<ServerRow>(sql`${selectServers} where s.id = ${locked.id}`) : [];
  if (!locked || !row) throw unknown(slug);
  if (ifMatch === undefined || ifMatch === row.version)
    return { ...row, sealed_headers: locked.sealed_headers };
  throw kernelFaults.fault(
    "version_stale",
    `Server "${slug}" is at version ${row.version}, not ${ifMatch}: it was changed meanwhile`,
    { field: "If-Match", data: { version: row.version } },
  );
}

async function insertServer(
  tx: Queryable,
  id: Id<"server">,
  server: NewServer,
  sealedHeaders: Buffer | null,
): Promise<void> {
  const names = Object.keys(server.headers);
  try {
    await tx.query(sql`
      insert into servers (id, slug, title, description, url, transport, sealed_headers, header_names, header_refs,
                           allow_private, client_features, ui_hosts, auto_accept, limits, sync_interval_seconds,
                           managed_by)
      values (${id}, ${server.slug}, ${server.title}, ${server.description ?? ""}, ${server.url.href},
              ${server.transport ?? "auto"}, ${sealedHeaders}, ${names},
              ${refsOf(server.headerRefs ?? {}, names)}, ${server.allowPrivate},
              ${inOrder(clientFeatures, server.clientFeatures)}, ${server.uiHosts ?? []},
              ${inOrder(definitionKinds, server.autoAccept)}, ${server.limits ?? {}},
              ${server.syncIntervalSeconds ?? null}, ${server.managedBy ?? null})`);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw callFaults.fault("server_slug_taken", `A server "${server.slug}" is registered already`, {
      field: "slug",
    });
  }
}

async function updateServer(
  tx: Queryable,
  after: Server,
  sealedHeaders: Buffer | null,
  isOtherLine: boolean,
): Promise<void> {
  await tx.query(sql`
    update servers
       set title = ${after.title}, description = ${after.description}, url = ${after.url},
           transport = ${after.transport}, sealed_headers = ${sealedHeaders},
           header_names = ${after.headerNames}, header_refs = ${after.headerRefs},
           allow_private = ${after.allowPrivate}, client_features = ${after.clientFeatures},
           ui_hosts = ${after.uiHosts}, auto_accept = ${after.autoAccept}, limits = ${after.limits},
           sync_interval_seconds = ${after.syncIntervalSeconds ?? null}, managed_by = ${after.managedBy ?? null},
           revision = revision + ${isOtherLine ? 1 : 0}, version = version + 1, updated_at = now()
     where id = ${after.id}`);
}

function unknown(slug: string) {
  return callFaults.fault("server_unknown", `No server "${slug}" is registered`);
}
