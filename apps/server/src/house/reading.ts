/** How servers are reached, and how what they offer is read and read again. Who gets what, no logic. */
import {
  ListWatches,
  createLinePool,
  createPersonalLists,
  createSyncer,
  createUpstreams,
  type Catalog,
  type LinePool,
  type PersonalLists,
  type SyncTrigger,
  type Syncer,
  type Upstreams,
} from "@castellan/calls";
import type { Stores } from "@castellan/configuration";
import type { Credentials } from "@castellan/credentials";
import { createApiDocuments, type ApiDocuments } from "@castellan/openapi";
import { defaultUpstreamLimits, type UpstreamLimits } from "@castellan/mcp";
import { serverSynced } from "./events.ts";
import type { Ground } from "./ground.ts";
import { scheduleSyncs } from "./schedule-syncs.ts";

export interface Reading extends AsyncDisposable {
  readonly limits: UpstreamLimits;
  readonly upstreams: Upstreams;
  /** What answers in the place of servers that are APIs. */
  readonly apiDocuments: ApiDocuments;
  readonly lines: LinePool;
  readonly syncer: Syncer;
  readonly syncs: SyncTrigger;
  readonly personal: PersonalLists;
  readonly lists: ListWatches;
  /** A server said that its lists are others now. */
  readonly onListChanged: (serverId: string) => void;
}

export interface ReadingParts {
  readonly catalog: Catalog;
  readonly servers: Stores["servers"];
  readonly definitions: Stores["definitions"];
  readonly credentials: Credentials;
}

export function openReading(ground: Ground, parts: ReadingParts): Reading {
  const { config, telemetry, outbound, clock, identity, onError } = ground;
  const { catalog, servers, definitions, credentials } = parts;
  const opened = new AsyncDisposableStack();
  const apiDocuments = opened.use(
    createApiDocuments({
      ...ground,
      servers,
      catalog,
      onChanged: (serverId) => syncs.request(serverId, "changed"),
    }),
  );
  const limits = { ...defaultUpstreamLimits, idleTimeoutMs: config.upstreamIdleSeconds * 1000 };
  const upstreams = opened.use(
    createUpstreams({
      catalog,
      outbound,
      credentials,
      identity,
      limits,
      localServers: (server, judged) => apiDocuments.serverOf(server, judged),
      onAsksForOAuth: (serverId) => void definitions.noteOAuth(serverId).catch(onError),
      onErasFound: (server, eras) => void definitions.noteEras(server, eras).catch(onError),
    }),
  );
  const syncer = createSyncer({
    servers,
    definitions,
    upstreams,
    identity,
    clock,
    timeoutMs: config.syncTimeoutSeconds * 1000,
    onSync: ({ server, state }) =>
      telemetry.emit(serverSynced, {
        server: server.slug,
        status: state.status,
        code: state.error?.code,
        latencyMs: state.latencyMs,
      }),
  });
  const intervalSeconds = config.syncIntervalSeconds;
  const syncs = opened.use(scheduleSyncs({ catalog, syncer, clock, intervalSeconds, onError }));
  const personal = opened.use(
    createPersonalLists({
      upstreams,
      credentials,
      catalog,
      identity,
      clock,
      onError,
      onOutdated: (serverId) => syncs.request(serverId, "list_changed"),
    }),
  );
  const onListChanged = (serverId: string) => {
    syncs.request(serverId, "list_changed");
    personal.listChanged(serverId);
  };
  // With another account for all, another list may be read, or one at last.
  credentials.onChange(({ targetId, owner }) => {
    if (owner.kind === "shared") syncs.request(targetId, "changed");
  });
  const lines = opened.use(createLinePool({ upstreams, catalog }));
  const clientInfo = JSON.stringify(identity);
  const lists = opened.use(new ListWatches({ catalog, upstreams, clientInfo, onListChanged, onError }));
  return {
    limits,
    upstreams,
    apiDocuments,
    lines,
    syncer,
    syncs,
    personal,
    lists,
    onListChanged,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
