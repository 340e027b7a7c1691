/** The portals that are served, kept true by the change log, and what each offers at this moment. */
import { createScope, speaks, type Catalog, type CatalogServer, type Scope } from "@castellan/calls";
import type { ChangeFeed } from "@castellan/database";
import type { CapabilityKind, Era } from "@castellan/mcp";
import type { Portal } from "./portal.ts";
import { portalsTopic, type PortalStore } from "./portal-store.ts";

/** A portal with what it offers. Valid until the next change; ask the directory again for each call. */
export interface OpenPortal {
  readonly portal: Portal;
  /** Its servers that are known, of whichever era and state, in its order. */
  readonly servers: readonly CatalogServer[];
  scope(era: Era): Scope;
}

/** The lists that a client may be told to read again. */
export type ListName = "tools" | "prompts" | "resources";

export interface PortalDirectory extends Disposable {
  find(slug: string): OpenPortal | undefined;
  /**
   * Called when what a portal offers has changed, with the lists that did; with none when only its servers
   * are others or spoken to in another way, or the portal is gone.
   */
  onChange(listener: (slug: string, lists: readonly ListName[]) => void): () => void;
}

export async function createPortalDirectory(options: {
  portals: PortalStore;
  catalog: Catalog;
  changes: ChangeFeed;
}): Promise<PortalDirectory> {
  const { catalog } = options;
  const listeners = new Set<(slug: string, lists: readonly ListName[]) => void>();
  let bySlug: ReadonlyMap<string, OpenPortal> = new Map();
  let lastLoad: Promise<void> = Promise.resolve();

  /** Puts these portals in place of those before, and tells of what is no longer the same. */
  function replace(portals: readonly OpenPortal[]): void {
    const before = bySlug;
    bySlug = new Map(portals.map((open) => [open.portal.slug, open]));
    for (const slug of new Set([...before.keys(), ...bySlug.keys()])) {
      const [old, now] = [before.get(slug), bySlug.get(slug)];
      const lists = now ? changedLists(old, now) : [];
      if (!now || lists.length > 0 || !hasSameServers(old, now))
        for (const listener of listeners) listener(slug, lists);
    }
  }

  /** One load at a time: what was read earlier must not be put in place later. */
  function load(): Promise<void> {
    const loaded = lastLoad.then(async () => {
      const portals = await options.portals.list();
      replace(portals.map((portal) => openPortal(portal, catalog)));
    });
    lastLoad = loaded.catch(() => undefined);
    return loaded;
  }

  const stopFollowing = options.changes.on(portalsTopic, load);
  const stopWatching = catalog.onChange((serverIds) => {
    const changed = new Set(serverIds);
    const concerns = ({ portal }: OpenPortal) => portal.serverIds.some((id) => changed.has(id));
    replace([...bySlug.values()].map((open) => (concerns(open) ? openPortal(open.portal, catalog) : open)));
  });
  await load();

  return {
    find: (slug) => bySlug.get(slug),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    [Symbol.dispose]() {
      stopFollowing();
      stopWatching();
    },
  };
}

/** The scopes are those of the catalog of this moment, so that they can be compared with later ones. */
function openPortal(portal: Portal, catalog: Catalog): OpenPortal {
  const { serverIds, naming } = portal;
  // By id: a slug may come to name another server, which nobody put into this portal.
  const byId = new Map(catalog.servers().map((server) => [server.server.id, server]));
  const servers = serverIds.map((id) => byId.get(id)).filter((server): server is CatalogServer => !!server);
  const scopes = {
    legacy: createScope({ era: "legacy", servers, naming }),
    modern: createScope({ era: "modern", servers, naming }),
  };
  return { portal, servers, scope: (era) => scopes[era] };
}

const listKinds: Readonly<Record<ListName, readonly CapabilityKind[]>> = {
  tools: ["tool"],
  prompts: ["prompt"],
  resources: ["resource", "resource_template"],
};

function changedLists(before: OpenPortal | undefined, after: OpenPortal): ListName[] {
  if (before === after) return [];
  return (Object.keys(listKinds) as ListName[]).filter((name) =>
    listKinds[name].some((kind) =>
      (["legacy", "modern"] as const).some(
        (era) => !isSameList(before?.scope(era).list(kind) ?? [], after.scope(era).list(kind)),
      ),
    ),
  );
}

/** Entries of the catalog are replaced at each sync; what counts is who is reached, and how. */
function hasSameServers(before: OpenPortal | undefined, after: OpenPortal): boolean {
  if (before === after) return true;
  const told = (open: OpenPortal | undefined) =>
    open?.servers.map((one) => [
      one.server.id,
      one.server.revision,
      speaks(one, "legacy"),
      speaks(one, "modern"),
    ]);
  return JSON.stringify(told(before) ?? []) === JSON.stringify(told(after));
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, at) => text === b[at]);
}
