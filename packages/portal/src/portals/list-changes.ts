/** Which of a portal's lists are no longer what they were, told from what its servers give, not from whole lists. */
import {
  changedKinds,
  isShownAsCode,
  namesPages,
  speaks,
  type CatalogServer,
  type Offering,
} from "@castellan/calls";
import type { CapabilityKind } from "@castellan/mcp";
import type { WholeOpenPortal } from "./open-portal.ts";

/** The lists that a client may be told to read again. */
export type ListName = "tools" | "prompts" | "resources";

const listOf: Readonly<Record<CapabilityKind, ListName>> = {
  tool: "tools",
  prompt: "prompts",
  resource: "resources",
  resource_template: "resources",
};
export const listNames: readonly ListName[] = ["tools", "prompts", "resources"];

export function listChangedMethod(list: ListName): string {
  return `notifications/${list}/list_changed`;
}

/** Of two moments of one portal; `places`: those of the servers that may be others, if they are known. */
export function changedLists(
  before: WholeOpenPortal | undefined,
  after: WholeOpenPortal,
  places?: readonly number[],
): ListName[] {
  const isShownOtherwise = before !== undefined && before.portal.codeMode !== after.portal.codeMode;
  if (before?.offering === after.offering) return isShownOtherwise ? ["tools"] : [];
  const kinds = places
    ? places.flatMap((slot) => changedKinds(before?.offering.share(slot), after.offering.share(slot)))
    : kindsOfAll(before, after);
  const lists = new Set(kinds.map((kind) => listOf[kind]));
  // A tool's page is named by the URI that the portal has for it, which depends on everyone's resources.
  if (isShownOtherwise) lists.add("tools");
  if (lists.has("resources") && after.servers.some(namesPages)) lists.add("tools");
  return listNames.filter((name) => lists.has(name));
}

/** Servers that give nothing of a kind are passed over: one that comes or goes moves the others. */
function kindsOfAll(before: WholeOpenPortal | undefined, after: WholeOpenPortal): CapabilityKind[] {
  if (before && before.portal.naming !== after.portal.naming) return renamedKinds(before, after);
  return (Object.keys(listOf) as CapabilityKind[]).filter((kind) => {
    const [old, now] = [giversOf(before?.offering, kind), giversOf(after.offering, kind)];
    return old.length !== now.length || now.some((share, at) => changedKinds(old[at], share).includes(kind));
  });
}

/** Whatever has a name of its own. */
function renamedKinds(before: WholeOpenPortal, after: WholeOpenPortal): CapabilityKind[] {
  const others = kindsOfAll({ ...before, portal: after.portal }, after);
  const named = (["tool", "prompt"] as const).filter((kind) => giversOf(after.offering, kind).length > 0);
  return [...new Set([...others, ...named])];
}

function giversOf(offering: Offering | undefined, kind: CapabilityKind) {
  return (offering?.servers ?? []).flatMap((_, slot) => {
    const share = offering?.share(slot);
    const hasCodeTools = share !== undefined && kind === "tool" && isShownAsCode(share.server);
    return share && (share.offers[kind].length > 0 || share.aliases[kind].size > 0 || hasCodeTools)
      ? [share]
      : [];
  });
}

/** Whether the same servers are reached, in the same way: entries of the catalog are replaced at each sync. */
export function hasSameServers(
  before: WholeOpenPortal | undefined,
  after: WholeOpenPortal,
  places?: readonly number[],
): boolean {
  const [old, now] = [before?.servers ?? [], after.servers];
  if (old === now) return true;
  if (old.length !== now.length) return false;
  return (places ?? now.keys()).every((slot) => isReachedAlike(old[slot], now[slot]));
}

function isReachedAlike(a: CatalogServer | undefined, b: CatalogServer | undefined): boolean {
  return (
    a === b ||
    (a !== undefined &&
      b !== undefined &&
      a.server.id === b.server.id &&
      a.server.revision === b.server.revision &&
      speaks(a, "legacy") === speaks(b, "legacy") &&
      speaks(a, "modern") === speaks(b, "modern"))
  );
}
