/** A portal with what its servers have for one caller, where each caller has something else there. */
import { ownScope, type OwnEntry, type Scope } from "@castellan/calls";
import type { Era } from "@castellan/mcp";
import { withServers, type OpenPortal, type WholeOpenPortal } from "./open-portal.ts";

/** So many callers' views of a portal are kept; of others' they are put together anew. */
const maxViews = 256;
const viewsOf = new WeakMap<OpenPortal, Map<string, OpenPortal>>();

/**
 * `entries`: by server id. Names are those of the whole portal, but for resources, which are named among those that the caller
 * has. The same object for the same entries, as long as it is remembered, and never for others.
 */
export function ownPortal(whole: WholeOpenPortal, entries: ReadonlyMap<string, OwnEntry>): OpenPortal {
  if (entries.size === 0) return whole;
  const views = viewsOf.get(whole) ?? new Map<string, OpenPortal>();
  viewsOf.set(whole, views);
  const key = [...entries.values()].map(({ serial }) => serial).join();
  const view = views.get(key) ?? makeView(whole, entries, key);
  // The one that was asked for last goes last.
  views.delete(key);
  views.set(key, view);
  const [oldest] = views.keys();
  if (views.size > maxViews && oldest !== undefined) views.delete(oldest);
  return view;
}

function makeView(whole: WholeOpenPortal, entries: ReadonlyMap<string, OwnEntry>, key: string): OpenPortal {
  // Made once for all: what a view has in common with the whole it takes over from there.
  for (const kind of ["tool", "prompt", "resource_template"] as const) whole.scope("modern").find(kind, "");
  const made = withServers(whole, [...entries.keys()], (id) => entries.get(id)?.server) ?? whole;
  const scopes = new Map<Era, Scope>();
  return {
    portal: whole.portal,
    servers: whole.servers,
    isNarrowed: false,
    part: `own ${key};`,
    scope(era) {
      const scope = scopes.get(era) ?? ownScope(made.scope(era), entries);
      scopes.set(era, scope);
      return scope;
    },
  };
}
