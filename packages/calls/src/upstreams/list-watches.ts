/** Hears from servers that their lists have changed, as long as somebody here would be told. */
import { house } from "@castellan/credentials";
import type { Catalog, CatalogServer } from "../catalog/catalog.ts";
import { speaks } from "../catalog/catalog.ts";
import type { Upstreams } from "./upstreams.ts";
import { watchServer, type WatchOptions } from "./watch.ts";

export interface ListWatchesOptions {
  readonly catalog: Catalog;
  readonly upstreams: Upstreams;
  /** Raw JSON of `clientInfo`: the house itself watches. */
  readonly clientInfo: string;
  readonly onListChanged: (serverId: string) => void;
  readonly onError: (error: unknown) => void;
}

interface Held {
  readonly server: CatalogServer;
  readonly stop: AbortController;
  /** The server did not serve it. It is asked again when it has been read again: it may be a newer one. */
  isOver: boolean;
}

export class ListWatches implements Disposable {
  readonly #options: ListWatchesOptions;
  readonly #wanted = new Map<string, number>();
  readonly #held = new Map<string, Held>();
  readonly #stopFollowing: () => void;

  constructor(options: ListWatchesOptions) {
    this.#options = options;
    this.#stopFollowing = options.catalog.onChange((ids) => {
      for (const id of ids) this.#renew(id);
    });
  }

  /** Watches these servers until it is disposed of; each is watched once, however many want it. */
  retain(servers: readonly CatalogServer[]): Disposable {
    const ids = servers.map(({ server }) => server.id);
    for (const id of ids) {
      const count = this.#wanted.get(id) ?? 0;
      this.#wanted.set(id, count + 1);
      if (count === 0) this.#renew(id);
    }
    let isRetained = true;
    return {
      [Symbol.dispose]: () => {
        if (!isRetained) return;
        isRetained = false;
        for (const id of ids) this.#release(id);
      },
    };
  }

  [Symbol.dispose](): void {
    this.#stopFollowing();
    for (const { stop } of this.#held.values()) stop.abort();
    this.#held.clear();
    this.#wanted.clear();
  }

  #release(id: string): void {
    const count = (this.#wanted.get(id) ?? 1) - 1;
    if (count > 0) this.#wanted.set(id, count);
    else if (this.#wanted.delete(id)) this.#renew(id);
  }

  /** Begins, ends or moves the watch of a server, as the catalog of this moment and the wants say. */
  #renew(id: string): void {
    const server = this.#options.catalog.findById(id);
    const isWanted = this.#wanted.has(id) && server !== undefined && tellsOfLists(server);
    const held = this.#held.get(id);
    if (held && !held.isOver && isWanted && isSameLine(held.server, server)) return;
    held?.stop.abort();
    this.#held.delete(id);
    if (isWanted) this.#hold(server);
  }

  #hold(server: CatalogServer): void {
    const { upstreams, clientInfo, onListChanged, onError } = this.#options;
    const stop = new AbortController();
    const { id } = server.server;
    const held: Held = { server, stop, isOver: false };
    this.#held.set(id, held);
    const onMessage = ({ method }: { method: string }) => {
      if (/^notifications\/(tools|prompts|resources)\/list_changed$/.test(method)) onListChanged(id);
    };
    const era = speaks(server, "modern") ? "modern" : "legacy";
    const options: WatchOptions = {
      server,
      era,
      lists: true,
      owner: () => house,
      clientInfo,
      onMessage,
      // The catalog was read before, and nobody has heard what changed since.
      startsAfterGap: () => true,
      onGap: () => onListChanged(id),
      onError,
      signal: stop.signal,
    };
    void watchServer(options, upstreams).then(() => {
      held.isOver = true;
    });
  }
}

/** The entry of the catalog is replaced at each sync; the watch stays good while the wire is the same. */
function isSameLine(a: CatalogServer, b: CatalogServer): boolean {
  return a.server.revision === b.server.revision && speaks(a, "modern") === speaks(b, "modern");
}

/** Whether the server says, in the era in which it would be watched, that it tells of any list. */
function tellsOfLists({ state }: CatalogServer): boolean {
  return /"listChanged"\s*:\s*true/.test((state.modern ?? state.legacy)?.helloText ?? "");
}
