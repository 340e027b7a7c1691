/** The portals that are served, kept true by the change log, and what each offers at this moment. */
import { createScope, type Catalog, type CatalogServer, type Scope } from "@castellan/calls";
import type { ChangeFeed } from "@castellan/database";
import type { CapabilityKind, Era } from "@castellan/mcp";
import type { Portal } from "./portal.ts";
import { portalsTopic, type PortalStore } from "./portal-store.ts";

/** A portal with what it offers. Valid until the next change; ask the directory again for each call. */
export interface OpenPortal {
  readonly portal: Portal;
  scope(era: Era): Scope;
}

/** The lists that a client may be told to read again. */
export type ListName = "tools" | "prompts" | "resources";

export interface PortalDirectory extends Disposable {
  find(slug: string): OpenPortal | undefined;
  /** Called when what a portal offers has changed, with the lists that did. */
  onChange(listener: (slug: string, lists: readonly ListName[]) => void): () => void;
}

export async function createPortalDirectory(options: {
  portals: PortalStore;
  catalog: Catalog;
  changes: ChangeFeed;
}): Promise<PortalDirectory> {
  const { catalog } = options;
  const listeners = new Set<(slug: string, lists: readonly ListName[]) => void>();
  let bySlug = new Map<string, OpenPortal>();

  /** Opens every portal anew, and tells of those whose lists are no longer the same. */
  function open(portals: readonly Portal[]): void {
    const before = bySlug;
    bySlug = new Map(portals.map((portal) => [portal.slug, openPortal(portal, catalog)]));
    for (const slug of new Set([...before.keys(), ...bySlug.keys()])) {
      const lists = changedLists(before.get(slug), bySlug.get(slug));
      if (lists.length > 0) for (const listener of listeners) listener(slug, lists);
    }
  }

  const load = async () => open(await options.portals.list());
  const stopFollowing = options.changes.on(portalsTopic, load);
  const stopWatching = catalog.onChange(() => open([...bySlug.values()].map(({ portal }) => portal)));
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

/** Scopes are built when first asked for, from the catalog of that moment. */
function openPortal(portal: Portal, catalog: Catalog): OpenPortal {
  const scopes = new Map<Era, Scope>();
  return {
    portal,
    scope(era) {
      let scope = scopes.get(era);
      if (!scope) {
        const servers = portal.servers
          .map((slug) => catalog.find(slug))
          .filter((s): s is CatalogServer => !!s);
        scope = createScope({ era, servers, naming: portal.naming });
        scopes.set(era, scope);
      }
      return scope;
    },
  };
}

const listKinds: Readonly<Record<ListName, readonly CapabilityKind[]>> = {
  tools: ["tool"],
  prompts: ["prompt"],
  resources: ["resource", "resource_template"],
};

function changedLists(before: OpenPortal | undefined, after: OpenPortal | undefined): ListName[] {
  return (Object.keys(listKinds) as ListName[]).filter((name) =>
    (["legacy", "modern"] as const).some((era) => listing(before, name, era) !== listing(after, name, era)),
  );
}

function listing(portal: OpenPortal | undefined, name: ListName, era: Era): string {
  const scope = portal?.scope(era);
  return scope ? listKinds[name].map((kind) => scope.list(kind).join()).join("|") : "";
}
