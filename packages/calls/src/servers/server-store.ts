/** Registered servers in PostgreSQL. Every change wakes the replicas through the change log. */
import { isUniqueViolation, recordChange, sql, type Database, type Queryable } from "@castellan/database";
import { createId, type Id, type Slug } from "@castellan/kernel";
import { clientFeatures, type ClientFeature, type LegacyTransport, type LegacyVersion } from "@castellan/mcp";
import { defineSealedColumn, type SealedContext, type Vault } from "@castellan/vault";
import { callFaults } from "../faults.ts";
import type { NewServer, Server, ServerChange, ServerState } from "./server.ts";

/** The topic of the change log under which servers are told; keys are server ids. */
export const serversTopic = "servers";

/** Where secrets of this package lie, for the rotation of the master key. */
export const serverSealedColumns = [
  defineSealedColumn({ table: "servers", idColumn: "id", column: "sealed_headers" }),
];

/** Failures to unseal headers that concern one server only: the others can be used all the same. */
export const unusableHeaders: ReadonlySet<string> = new Set([
  "server_credentials_moved",
  "vault_open_failed",
  "vault_key_missing",
]);

export interface StoredServer {
  readonly server: Server;
  readonly state: ServerState;
}

export interface ServerStore {
  /** Throws `server_slug_taken`. */
  add(server: NewServer): Promise<Server>;
  list(): Promise<StoredServer[]>;
  /** Those of these ids that exist. */
  findByIds(ids: readonly string[]): Promise<StoredServer[]>;
  find(slug: string): Promise<StoredServer | undefined>;
  /** Throws `server_unknown`. */
  get(slug: string): Promise<StoredServer>;
  /**
   * Changes what is named. Other client features are another `revision`: a server is told of them when
   * a line to it is opened. Throws `server_unknown`.
   */
  change(slug: string, change: ServerChange): Promise<StoredServer>;
  /** Throws `server_unknown`. */
  remove(slug: string): Promise<void>;
  /** The headers to send with every request, unsealed. Throws one of `unusableHeaders`. */
  headersOf(id: Id<"server">): Promise<Readonly<Record<string, string>>>;
}

interface ServerRow {
  id: Id<"server">;
  slug: Slug;
  title: string;
  url: string;
  header_names: string[];
  allow_private: string[];
  client_features: ClientFeature[];
  ui_hosts: string[];
  revision: number;
  created_at: Date;
  attempted_at: Date | null;
  error_code: string | null;
  error_message: string | null;
  synced_at: Date | null;
  latency_ms: number | null;
  skipped: string[] | null;
  modern_hello: string | null;
  legacy_hello: string | null;
  legacy_version: LegacyVersion | null;
  legacy_transport: LegacyTransport | null;
}

const selectServers = sql`
  select s.id, s.slug, s.title, s.url, s.header_names, s.allow_private, s.client_features, s.ui_hosts,
         s.revision, s.created_at,
         t.attempted_at, t.error_code, t.error_message, t.synced_at, t.latency_ms, t.skipped,
         t.modern_hello, t.legacy_hello, t.legacy_version, t.legacy_transport
    from servers s
    left join server_states t on t.server_id = s.id`;

export function createServerStore(options: { database: Database; vault: Vault }): ServerStore {
  const { database, vault } = options;

  async function find(slug: string): Promise<StoredServer | undefined> {
    const [row] = await database.query<ServerRow>(sql`${selectServers} where s.slug = ${slug}`);
    return row && toStored(row);
  }

  async function get(slug: string): Promise<StoredServer> {
    const found = await find(slug);
    if (!found) throw unknown(slug);
    return found;
  }

  return {
    find,
    get,

    async add(server) {
      const id = createId("server");
      const names = Object.keys(server.headers);
      const headers =
        names.length === 0 ? null : vault.seal(toSealedText(server.url, server.headers), headersContext(id));
      await database.transaction(async (tx) => {
        await insertServer(tx, id, server, names, headers);
        await recordChange(tx, serversTopic, id);
      });
      return (await get(server.slug)).server;
    },

    async list() {
      const rows = await database.query<ServerRow>(sql`${selectServers} order by s.slug`);
      return rows.map(toStored);
    },

    async findByIds(ids) {
      const rows = await database.query<ServerRow>(
        sql`${selectServers} where s.id = any(${ids}) order by s.slug`,
      );
      return rows.map(toStored);
    },

    async change(slug, { title, clientFeatures: features, uiHosts }) {
      await database.transaction(async (tx) => {
        const wanted = features === undefined ? null : ordered(features);
        const [changed] = await tx.query<{ id: string }>(sql`
          update servers
             set title = coalesce(${title ?? null}, title),
                 client_features = coalesce(${wanted}, client_features),
                 ui_hosts = coalesce(${uiHosts ?? null}, ui_hosts),
                 revision = revision + (coalesce(${wanted}, client_features) <> client_features)::int
           where slug = ${slug} returning id`);
        if (!changed) throw unknown(slug);
        await recordChange(tx, serversTopic, changed.id);
      });
      return get(slug);
    },

    async remove(slug) {
      await database.transaction(async (tx) => {
        const [gone] = await tx.query<{ id: string }>(
          sql`delete from servers where slug = ${slug} returning id`,
        );
        if (!gone) throw unknown(slug);
        await recordChange(tx, serversTopic, gone.id);
      });
    },

    async headersOf(id) {
      const [row] = await database.query<{ slug: string; url: string; sealed_headers: Buffer | null }>(
        sql`select slug, url, sealed_headers from servers where id = ${id}`,
      );
      if (!row?.sealed_headers) return {};
      return fromSealedText(vault.open(row.sealed_headers, headersContext(id)).toString("utf8"), row);
    },
  };
}

async function insertServer(
  tx: Queryable,
  id: Id<"server">,
  server: NewServer,
  headerNames: readonly string[],
  headers: Buffer | null,
): Promise<void> {
  try {
    await tx.query(sql`
      insert into servers (id, slug, title, url, sealed_headers, header_names, allow_private,
                           client_features, ui_hosts)
      values (${id}, ${server.slug}, ${server.title}, ${server.url.href}, ${headers}, ${headerNames}, ${server.allowPrivate},
              ${ordered(server.clientFeatures ?? [])}, ${server.uiHosts ?? []})`);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw callFaults.fault("server_slug_taken", `A server "${server.slug}" is registered already`, {
      field: "slug",
    });
  }
}

/** In one order, each once: sets that are equal are stored alike. */
function ordered(features: readonly ClientFeature[]): readonly ClientFeature[] {
  return clientFeatures.filter((feature) => features.includes(feature));
}

/**
 * Headers are sealed together with the origin that they were given for: who can write to the database
 * cannot have them sent somewhere else.
 */
interface SealedHeaders {
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
}

function toSealedText({ origin }: URL, headers: SealedHeaders["headers"]): string {
  return JSON.stringify({ origin, headers } satisfies SealedHeaders);
}

function fromSealedText(
  text: string,
  { slug, url }: { slug: string; url: string },
): SealedHeaders["headers"] {
  const { origin, headers } = JSON.parse(text) as SealedHeaders;
  if (origin === new URL(url).origin) return headers;
  throw callFaults.fault(
    "server_credentials_moved",
    `The headers of server "${slug}" were given for ${origin}, not for its address of now`,
  );
}

function headersContext(id: string): SealedContext {
  return { table: "servers", row: id, column: "sealed_headers" };
}

function unknown(slug: string) {
  return callFaults.fault("server_unknown", `No server "${slug}" is registered`);
}

function toStored(row: ServerRow): StoredServer {
  return {
    server: {
      id: row.id,
      slug: row.slug,
      title: row.title,
      url: row.url,
      headerNames: row.header_names,
      allowPrivate: row.allow_private,
      clientFeatures: row.client_features,
      uiHosts: row.ui_hosts,
      revision: row.revision,
      createdAt: row.created_at,
    },
    state: toState(row),
  };
}

function toState(row: ServerRow): ServerState {
  const { error_code: code, synced_at: syncedAt } = row;
  const attemptedStatus = code === null ? "ready" : syncedAt === null ? "error" : "stale";
  return {
    status: row.attempted_at === null ? "waiting" : attemptedStatus,
    attemptedAt: row.attempted_at ?? undefined,
    syncedAt: syncedAt ?? undefined,
    latencyMs: row.latency_ms ?? undefined,
    error: code === null ? undefined : { code, message: row.error_message ?? "" },
    skipped: row.skipped ?? [],
    modern: row.modern_hello === null ? undefined : { helloText: row.modern_hello },
    legacy:
      row.legacy_hello === null || row.legacy_version === null || row.legacy_transport === null
        ? undefined
        : { helloText: row.legacy_hello, version: row.legacy_version, transport: row.legacy_transport },
  };
}
