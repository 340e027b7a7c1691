/** The portals that are served, kept true by the change log and the clock, and what each offers at this moment. */
import { setImmediate } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Catalog } from "@castellan/calls";
import { firstEnd, livingRules } from "@castellan/access";
import type { ChangeFeed } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import { changedLists, hasSameServers, type ListName } from "./list-changes.ts";
import { Endings } from "./endings.ts";
import { openPortal, withServers, type OpenPortal, type WholeOpenPortal } from "./open-portal.ts";
import type { Portal } from "./portal.ts";
import { portalsTopic, type PortalStore } from "./portal-store.ts";

/** What it holds of access rules are those that have not ended. */
export interface PortalDirectory extends Disposable {
  find(slug: string): WholeOpenPortal | undefined;
  /** The portal that has this host name (as it stands in `Host`) for its own. */
  findByHost(host: string): OpenPortal | undefined;
  /** All of them, in no order. */
  list(): Iterable<OpenPortal>;
  /**
   * Called when what a portal offers has changed, with the lists that did; with none when only its servers
   * are others or spoken to in another way, others are let in, or the portal is gone.
   */
  onChange(listener: (slug: string, lists: readonly ListName[]) => void): () => void;
}

/** More servers at once than this, and a portal is put together anew. */
const maxServersInPlace = 16;

export async function createPortalDirectory(options: {
  portals: Pick<PortalStore, "list" | "findByIds">;
  catalog: Pick<Catalog, "findById" | "onChange">;
  changes: ChangeFeed;
  clock: Clock;
}): Promise<PortalDirectory> {
  const { catalog, clock } = options;
  const find = (id: string) => catalog.findById(id);
  const listeners = new Set<(slug: string, lists: readonly ListName[]) => void>();
  const byId = new Map<string, WholeOpenPortal>();
  const bySlug = new Map<string, WholeOpenPortal>();
  const byHost = new Map<string, WholeOpenPortal>();
  let lastLoad: Promise<void> = Promise.resolve();

  function put(id: string, open: WholeOpenPortal | undefined): void {
    const old = byId.get(id);
    if (old && bySlug.get(old.portal.slug) === old) bySlug.delete(old.portal.slug);
    const oldHost = old?.portal.hostname;
    if (oldHost !== undefined && byHost.get(oldHost) === old) byHost.delete(oldHost);
    if (!open) {
      byId.delete(id);
      return;
    }
    byId.set(id, open);
    bySlug.set(open.portal.slug, open);
    if (open.portal.hostname !== undefined) byHost.set(open.portal.hostname, open);
  }

  /** Puts a portal in the place of what it was, and returns what is to be told of that. */
  function replace(id: string, open: WholeOpenPortal | undefined, places?: readonly number[]): () => void {
    const old = byId.get(id);
    put(id, open);
    if (listeners.size === 0) return () => {};
    const slug = (open ?? old)?.portal.slug;
    const lists = open ? changedLists(old, open, places) : [];
    const isSame =
      open && lists.length === 0 && hasSameServers(old, open, places) && isGuardedAlike(old, open);
    if (slug === undefined || isSame) return () => {};
    return () => {
      for (const listener of listeners) listener(slug, lists);
    };
  }

  /** One load at a time: what was read earlier must not be put in place later. */
  function load(keys: readonly string[] | "all"): Promise<void> {
    const loaded = lastLoad.then(async () => {
      const portals = await (keys === "all" ? options.portals.list() : options.portals.findByIds(keys));
      const found = new Map(portals.map((portal): [string, typeof portal] => [portal.id, portal]));
      const asked = keys === "all" ? new Set([...byId.keys(), ...found.keys()]) : keys;
      // Those that are gone first: their slugs and host names may be others' by now.
      const inOrder = [...asked].toSorted((a, b) => Number(found.has(a)) - Number(found.has(b)));
      const tell = inOrder.map((id) => {
        const portal = found.get(id);
        return replace(id, portal && openPortal(asOfNow(portal), find, byId.get(id)));
      });
      endings.expect();
      for (const each of tell) each();
    });
    lastLoad = loaded.catch(() => undefined);
    return loaded;
  }

  /** One portal after the other: a server of ten thousand tools may be in all of them, and others have their turn. */
  async function serversChanged(serverIds: readonly string[]): Promise<void> {
    for (const id of byId.keys()) {
      // As it is now: it may have been changed meanwhile, or be gone.
      const open = byId.get(id);
      const changed = open ? serverIds.filter((serverId) => isIn(open, serverId)) : [];
      if (!open || changed.length === 0) continue;
      const now = changed.length <= maxServersInPlace ? withServers(open, changed, find) : undefined;
      const tell = now
        ? replace(
            id,
            now,
            changed.map((serverId) => placeOf(now, serverId)),
          )
        : replace(id, openPortal(open.portal, find, open));
      tell();
      await setImmediate();
    }
  }

  function asOfNow(portal: Portal): Portal {
    return { ...portal, access: livingRules(portal.access, clock.now()) };
  }

  /** Portals with a rule that has ended, without it. Whoever looks at them meanwhile sees them so already. */
  function endRules(): void {
    const nowMs = clock.now();
    const over = [...byId].filter(([, { portal }]) => firstEnd(portal.access) <= nowMs);
    const tell = over.map(([id, open]) => replace(id, openPortal(asOfNow(open.portal), find, open)));
    queueMicrotask(() => {
      for (const each of tell) each();
    });
  }

  const endings = new Endings({
    clock,
    next: () =>
      Math.min(Number.POSITIVE_INFINITY, ...byId.values().map(({ portal }) => firstEnd(portal.access))),
    onEnd: endRules,
  });
  const stopFollowing = options.changes.on(portalsTopic, load);
  const stopWatching = catalog.onChange(serversChanged);
  await load("all");

  return {
    find(slug) {
      endings.settle();
      return bySlug.get(slug);
    },
    findByHost(host) {
      endings.settle();
      return byHost.get(host.toLowerCase());
    },
    list() {
      endings.settle();
      return bySlug.values();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    [Symbol.dispose]() {
      stopFollowing();
      stopWatching();
      endings[Symbol.dispose]();
    },
  };
}

function isGuardedAlike(before: WholeOpenPortal | undefined, after: WholeOpenPortal): boolean {
  const gateOf = ({ portal }: WholeOpenPortal) => [
    portal.directory,
    portal.access,
    portal.isReadOnly,
    portal.trustedIssuers,
  ];
  return before === undefined || isDeepStrictEqual(gateOf(before), gateOf(after));
}

function isIn({ portal }: OpenPortal, serverId: string): boolean {
  return (portal.serverIds as readonly string[]).includes(serverId);
}

function placeOf({ servers }: OpenPortal, serverId: string): number {
  return servers.findIndex(({ server }) => server.id === serverId);
}
