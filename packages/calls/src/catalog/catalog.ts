/**
 * Every registered server with what it offers, held in memory and kept true by the change log.
 * A call is judged by the catalog of its moment: entries are replaced, never altered.
 */
import type { ChangeFeed } from "@castellan/database";
import type { AuthSecrets } from "@castellan/credentials";
import { isFault } from "@castellan/kernel";
import type { Era } from "@castellan/mcp";
import { unusableHeaders } from "../servers/server-headers.ts";
import type { StoredServer } from "../servers/server-row.ts";
import { serversTopic, type ServerStore } from "../servers/server-store.ts";
import type { DefinitionStore } from "./definition-store.ts";
import type { Definition } from "./definition.ts";
import { fingerprintOfAll } from "./fingerprint.ts";

export interface CatalogServer extends StoredServer {
  /** All that it lists, whatever was decided about it; what is offered of it says `isLive`. */
  readonly definitions: readonly Definition[];
  /** Moves when anything in `definitions` says something else; see `fingerprintOfAll`. */
  readonly definitionsFingerprint: string;
  /** Headers sent with every request, credentials among them. Never leaves towards a caller. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of `server.auth`; see `targetOf`. Never leaves towards a caller. */
  readonly authSecrets: AuthSecrets;
}

export interface Catalog extends Disposable {
  /** Grows with every change: what was derived from an older version is to be derived again. */
  readonly version: number;
  find(slug: string): CatalogServer | undefined;
  findById(id: string): CatalogServer | undefined;
  /** By slug; the same array as long as the version is. */
  servers(): readonly CatalogServer[];
  /** Called after each change with the ids of the servers that changed. The change is in effect when all are done. */
  onChange(listener: CatalogListener): () => void;
}

export type CatalogListener = (serverIds: readonly string[]) => void | Promise<void>;

export function speaks(server: CatalogServer, era: Era): boolean {
  return server.state[era] !== undefined;
}

export interface CatalogOptions {
  readonly servers: ServerStore;
  readonly definitions: DefinitionStore;
  readonly changes: ChangeFeed;
  /** Told of a server that is left out, since its headers or secrets cannot be unsealed. */
  readonly onError?: (error: unknown) => void;
}

/** Loads everything, then follows the change log. */
export async function createCatalog(options: CatalogOptions): Promise<Catalog> {
  const byId = new Map<string, CatalogServer>();
  const listeners = new Set<CatalogListener>();
  let bySlug = new Map<string, CatalogServer>();
  let inOrder: readonly CatalogServer[] = [];
  let version = 0;
  let lastLoad: Promise<void> = Promise.resolve();

  /** One load at a time: what was read earlier must not be put in place later. */
  function load(keys: readonly string[] | "all"): Promise<void> {
    const loaded = lastLoad.then(() => loadNow(keys));
    lastLoad = loaded.catch(() => undefined);
    return loaded;
  }

  async function loadNow(keys: readonly string[] | "all"): Promise<void> {
    const stored = await (keys === "all" ? options.servers.list() : options.servers.findByIds(keys));
    const found = await withDefinitions(stored, options);
    const asked = keys === "all" ? [...new Set([...byId.keys(), ...found.keys()])] : keys;
    for (const id of asked) {
      const server = found.get(id);
      if (server) byId.set(id, server);
      else byId.delete(id);
    }
    inOrder = [...byId.values()].toSorted((a, b) => (a.server.slug < b.server.slug ? -1 : 1));
    bySlug = new Map(inOrder.map((server) => [server.server.slug, server]));
    version++;
    await Promise.all([...listeners].map((listener) => listener(asked)));
  }

  const stop = options.changes.on(serversTopic, load);
  await load("all");

  return {
    get version() {
      return version;
    },
    find: (slug) => bySlug.get(slug),
    findById: (id) => byId.get(id),
    servers: () => inOrder,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    [Symbol.dispose]: stop,
  };
}

async function withDefinitions(
  stored: readonly StoredServer[],
  options: CatalogOptions,
): Promise<Map<string, CatalogServer>> {
  const definitions = await options.definitions.findByServers(stored.map(({ server }) => server.id));
  const entries = stored.map(async (entry): Promise<[string, CatalogServer][]> => {
    const { id } = entry.server;
    const sealed = await unsealed(entry, options);
    const offered = definitions.get(id) ?? [];
    const definitionsFingerprint = fingerprintOfAll(offered);
    return sealed ? [[id, { ...entry, definitions: offered, definitionsFingerprint, ...sealed }]] : [];
  });
  return new Map((await Promise.all(entries)).flat());
}

/** Undefined when they cannot be unsealed: then this server cannot be used, but every other can. */
async function unsealed({ server }: StoredServer, { servers, onError }: CatalogOptions) {
  const { id, headerNames, authSecretNames } = server;
  try {
    const [headers, authSecrets] = await Promise.all([
      headerNames.length === 0 ? {} : servers.headersOf(id),
      authSecretNames.length === 0 ? {} : servers.authSecretsOf(id),
    ]);
    return { headers, authSecrets };
  } catch (error) {
    if (!isFault(error) || !unusableHeaders.has(error.code)) throw error;
    onError?.(error);
    return undefined;
  }
}
