/** A portal with what it offers at one moment. */
import { toolClasses, type Rights, type ToolClass } from "@castellan/access";
import {
  createOffering,
  narrowScope,
  type Catalog,
  type CatalogServer,
  type Curation,
  type Offering,
  type Scope,
} from "@castellan/calls";
import type { Era } from "@castellan/mcp";
import type { Judge } from "@castellan/policy";
import { isDeepStrictEqual } from "node:util";
import type { Portal } from "./portal.ts";

/** Valid until the next change; ask the directory again for each call. */
export interface OpenPortal {
  readonly portal: Portal;
  /** Its servers that are known, of whichever era and state, in its order. */
  readonly servers: readonly CatalogServer[];
  /** Whether this is a part of the portal only that the caller chose: `portal` names the servers of that part. */
  readonly isNarrowed: boolean;
  /** Equal for equal parts of one portal; empty for the whole. */
  readonly part: string;
  scope(era: Era): Scope;
}

/** A whole portal, as the directory holds it. */
export interface WholeOpenPortal extends OpenPortal {
  readonly offering: Offering;
}

/** By id: a slug may come to name another server, which nobody put into this portal. */
export type FindServer = Catalog["findById"];

/** `before` is the same portal at an earlier moment: what is the same about it is kept. */
export function openPortal(portal: Portal, find: FindServer, before?: WholeOpenPortal): WholeOpenPortal {
  const { serverIds, naming, autoAccept } = portal;
  const servers = serverIds.map((id) => find(id)).filter((server): server is CatalogServer => !!server);
  const curations = withKnown(portal.curations, before?.portal.curations);
  const known = { ...portal, curations };
  if (before && offersAlike(before.portal, known) && isSame(before.servers, servers))
    return withOffering(known, before.offering);
  return withOffering(known, createOffering({ servers, naming, autoAccept, curations }));
}

/** The same portal with these entries of the catalog in the place of those before; undefined where one came or went. */
export function withServers(
  { portal, offering }: WholeOpenPortal,
  ids: readonly string[],
  find: FindServer,
): WholeOpenPortal | undefined {
  let grown = offering;
  for (const id of ids) {
    const slot = offering.servers.findIndex(({ server }) => server.id === id);
    const server = find(id);
    if (slot < 0 || !server) return undefined;
    grown = grown.withServer(slot, server);
  }
  return withOffering(portal, grown);
}

function withOffering(portal: Portal, offering: Offering): WholeOpenPortal {
  return {
    portal,
    offering,
    servers: offering.servers,
    isNarrowed: false,
    part: "",
    scope: (era) => offering.scope(era),
  };
}

/**
 * The part of a portal that is these servers (slugs; those that it does not have change nothing). Names in it are
 * those of the whole. The same part of the same portal is the same object, as long as it is remembered.
 */
export function narrow(open: OpenPortal, serverSlugs: readonly string[]): OpenPortal {
  const wanted = new Set(serverSlugs);
  const slugs = open.portal.servers.filter((slug) => wanted.has(slug));
  return remember(open, `servers ${slugs.join()}`, (part) => ({
    ...makePart(open, part, (server) => wanted.has(server)),
    isNarrowed: true,
  }));
}

/** The part of a portal without these servers (ids). Names in it are those of the whole. */
export function withoutServers(open: OpenPortal, serverIds: ReadonlySet<string>): OpenPortal {
  const { portal } = open;
  const left = new Set(portal.servers.filter((_, at) => serverIds.has(portal.serverIds[at] ?? "")));
  if (left.size === 0) return open;
  return remember(open, `without ${[...left].join()}`, (part) =>
    makePart(open, part, (server) => !left.has(server)),
  );
}

/** The part of a portal that somebody with these rights may use. Names in it are those of the whole. */
export function narrowToRights(open: OpenPortal, rights: Rights): OpenPortal {
  if (rights.isEverything) return open;
  return remember(open, `rights ${rights.key}`, (part) =>
    makePart(open, part, (server, toolClass) => rights.allows(server, toolClass)),
  );
}

/** The part of a portal of which this judge lets something through, some time, with some arguments. Names are those of the whole. */
export function narrowToPolicy(open: OpenPortal, judge: Pick<Judge, "viewKey" | "mayShow">): OpenPortal {
  const portal = open.portal.slug;
  const key = judge.viewKey(portal);
  if (key === "") return open;
  return remember(open, `policy ${key}`, (part) =>
    makePart(open, part, (server, toolClass, tool) =>
      judge.mayShow({ portal, server, class: toolClass, tool }),
    ),
  );
}

/** Strangers choose which parts they look at: so many of a portal are kept. */
const maxParts = 64;
const partsOf = new WeakMap<OpenPortal, Map<string, OpenPortal>>();

function remember(open: OpenPortal, key: string, make: (part: string) => OpenPortal): OpenPortal {
  const parts = partsOf.get(open) ?? new Map<string, OpenPortal>();
  partsOf.set(open, parts);
  const part = parts.get(key) ?? make(`${open.part}${key};`);
  // The one that was asked for last goes last.
  parts.delete(key);
  parts.set(key, part);
  const [oldest] = parts.keys();
  if (parts.size > maxParts && oldest !== undefined) parts.delete(oldest);
  return part;
}

function makePart(
  open: OpenPortal,
  part: string,
  isInPart: (server: string, toolClass: ToolClass, tool?: string) => boolean,
): OpenPortal {
  const { servers, serverIds } = open.portal;
  const toolsOf = new Map(open.servers.map(({ server, definitions }) => [server.id as string, definitions]));
  const places = [...servers.keys()].filter((at) => {
    const slug = servers[at] ?? "";
    const tools = toolsOf.get(serverIds[at] ?? "") ?? [];
    return (
      toolClasses.some((toolClass) => isInPart(slug, toolClass)) ||
      tools.some((one) => one.kind === "tool" && isInPart(slug, one.class, one.name))
    );
  });
  const at = <T>(list: readonly T[]) => places.flatMap((place) => list.slice(place, place + 1));
  const ids: ReadonlySet<string> = new Set(at(serverIds));
  const scopes = new Map<Era, Scope>();
  return {
    portal: { ...open.portal, servers: at(servers), serverIds: at(serverIds) },
    servers: open.servers.filter(({ server }) => ids.has(server.id)),
    isNarrowed: open.isNarrowed,
    part,
    scope(era) {
      const scope =
        scopes.get(era) ??
        narrowScope(
          open.scope(era),
          ({ server }, toolClass, tool) => ids.has(server.id) && isInPart(server.slug, toolClass, tool),
        );
      scopes.set(era, scope);
      return scope;
    },
  };
}

/** What a server gives is kept by the curation that it was made under: one that is equal is the same. */
function withKnown(
  curations: ReadonlyMap<string, Curation>,
  known: ReadonlyMap<string, Curation> | undefined,
): ReadonlyMap<string, Curation> {
  return new Map(
    [...curations].map(([id, curation]) => {
      const before = known?.get(id);
      return [id, before && isDeepStrictEqual(before, curation) ? before : curation];
    }),
  );
}

function offersAlike(a: Portal, b: Portal): boolean {
  return (
    a.naming === b.naming &&
    a.autoAccept.join() === b.autoAccept.join() &&
    a.curations.size === b.curations.size &&
    [...a.curations].every(([id, curation]) => b.curations.get(id) === curation)
  );
}

function isSame(a: readonly CatalogServer[], b: readonly CatalogServer[]): boolean {
  return a.length === b.length && a.every((server, at) => server === b[at]);
}
