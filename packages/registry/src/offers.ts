/** What a portal offers of each of its servers at this moment: that which its callers can list and call. */
import type { CatalogServer } from "@castellan/calls";
import type { CapabilityKind } from "@castellan/mcp";
import type { OpenPortal } from "@castellan/portal";

/** How many of each kind. */
export interface Counts {
  readonly tools: number;
  readonly prompts: number;
  readonly resources: number;
  readonly resourceTemplates: number;
}

const nothing: Counts = Object.freeze({ tools: 0, prompts: 0, resources: 0, resourceTemplates: 0 });

const memberOf = {
  tool: "tools",
  prompt: "prompts",
  resource: "resources",
  resource_template: "resourceTemplates",
} as const satisfies Readonly<Record<CapabilityKind, keyof Counts>>;

/** An open portal is replaced when it changes, so what was counted of it stays true. */
const counted = new WeakMap<OpenPortal, ReadonlyMap<string, Counts>>();

/** What the portal offers of this server; all zero when that is nothing. */
export function countOffers(open: OpenPortal, { server }: CatalogServer): Counts {
  let counts = counted.get(open);
  if (!counts) counted.set(open, (counts = countAll(open)));
  return counts.get(server.id) ?? nothing;
}

export function offersAnything(counts: Counts): boolean {
  return Object.values(counts).some((count) => count > 0);
}

export function addCounts(all: readonly Counts[]): Counts {
  const sum = { ...nothing };
  for (const counts of all) for (const member of Object.values(memberOf)) sum[member] += counts[member];
  return sum;
}

function countAll(open: OpenPortal): ReadonlyMap<string, Counts> {
  const counts = new Map<string, Record<keyof Counts, number>>();
  const scope = open.scope("modern");
  for (const [kind, member] of Object.entries(memberOf) as [CapabilityKind, keyof Counts][])
    for (const { server } of scope.entries(kind)) {
      const known = counts.get(server.server.id) ?? { ...nothing };
      known[member] += 1;
      counts.set(server.server.id, known);
    }
  return counts;
}
