/** A server as PostgreSQL has it: what an admin said in `servers`, what was found out in `server_states`. */
import { sql } from "@castellan/database";
import type { AuthSecretName, UpstreamAuth } from "@castellan/credentials";
import type { Id, Slug } from "@castellan/kernel";
import type { ClientFeature, FoundBelow, LegacyTransport, LegacyVersion } from "@castellan/mcp";
import type { DefinitionKind } from "../catalog/definition.ts";
import type { ServerLimits } from "./server-limits.ts";
import type {
  ApiFace,
  FailedList,
  SecretRef,
  SecretRefs,
  Server,
  ServerKind,
  ServerState,
  ServerTransport,
  SyncErrorDetails,
} from "./server.ts";

export interface StoredServer {
  readonly server: Server;
  readonly state: ServerState;
}

export interface ServerRow {
  id: Id<"server">;
  kind: ServerKind;
  face: ApiFace | null;
  slug: Slug;
  title: string;
  description: string;
  url: string;
  transport: ServerTransport;
  header_names: string[];
  header_refs: Record<string, SecretRef>;
  auth: UpstreamAuth;
  auth_secret_names: AuthSecretName[];
  auth_refs: SecretRefs;
  allow_private: string[];
  client_features: ClientFeature[];
  ui_hosts: string[];
  auto_accept: DefinitionKind[];
  limits: ServerLimits;
  sync_interval_seconds: number | null;
  managed_by: string | null;
  revision: number;
  version: number;
  created_at: Date;
  updated_at: Date;
  attempted_at: Date | null;
  error_code: string | null;
  error_message: string | null;
  error_details: SyncErrorDetails | null;
  synced_at: Date | null;
  latency_ms: number | null;
  skipped: string[] | null;
  failed_lists: FailedList[] | null;
  found_at: string | null;
  found_below: FoundBelow | null;
  is_outdated: boolean | null;
  asks_for_oauth: boolean | null;
  modern_hello: string | null;
  legacy_hello: string | null;
  legacy_version: LegacyVersion | null;
  legacy_transport: LegacyTransport | null;
}

/** Rows of `ServerRow`; `s` is the server, `t` what is known of it. */
export const selectServers = sql`
  select s.id, s.kind, s.face, s.slug, s.title, s.description, s.url, s.transport, s.header_names, s.header_refs,
         s.auth, s.auth_secret_names, s.auth_refs,
         s.allow_private, s.client_features, s.ui_hosts, s.auto_accept, s.limits, s.sync_interval_seconds,
         s.managed_by, s.revision, s.version, s.created_at, s.updated_at,
         t.attempted_at, t.error_code, t.error_message, t.error_details, t.synced_at, t.latency_ms, t.skipped, t.failed_lists,
         t.found_at, t.found_below, t.is_outdated, t.asks_for_oauth, t.modern_hello, t.legacy_hello, t.legacy_version, t.legacy_transport
    from servers s
    left join server_states t on t.server_id = s.id`;

export function toStored(row: ServerRow): StoredServer {
  return { server: toServer(row), state: toState(row) };
}

function toServer(row: ServerRow): Server {
  return {
    id: row.id,
    kind: row.kind,
    face: row.face ?? undefined,
    slug: row.slug,
    title: row.title,
    description: row.description,
    url: row.url,
    transport: row.transport,
    headerNames: row.header_names,
    headerRefs: row.header_refs,
    auth: row.auth,
    authSecretNames: row.auth_secret_names,
    authRefs: row.auth_refs,
    allowPrivate: row.allow_private,
    clientFeatures: row.client_features,
    uiHosts: row.ui_hosts,
    autoAccept: row.auto_accept,
    limits: row.limits,
    syncIntervalSeconds: row.sync_interval_seconds ?? undefined,
    managedBy: row.managed_by ?? undefined,
    revision: row.revision,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
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
    error:
      code === null
        ? undefined
        : { code, message: row.error_message ?? "", details: row.error_details ?? undefined },
    skipped: row.skipped ?? [],
    failedLists: row.failed_lists ?? [],
    foundBelow: row.found_below ?? undefined,
    isOutdated: row.is_outdated ?? false,
    isElsewhere: row.found_at !== null && row.found_at !== new URL(row.url).origin,
    asksForOAuth: row.asks_for_oauth ?? false,
    modern: row.modern_hello === null ? undefined : { helloText: row.modern_hello },
    legacy:
      row.legacy_hello === null || row.legacy_version === null || row.legacy_transport === null
        ? undefined
        : { helloText: row.legacy_hello, version: row.legacy_version, transport: row.legacy_transport },
  };
}
