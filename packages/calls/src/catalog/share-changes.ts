/** Which of a portal's lists become others when one server gives something else than before. */
import type { CapabilityKind } from "@castellan/mcp";
import { isShownAsCode } from "./code-tools.ts";
import { capabilityKinds } from "./definition.ts";
import { areNamedAlike } from "./offer-names.ts";
import { upstreamEra, type Offer, type Share } from "./share.ts";

/** Of two shares of one place in a portal; absent: no server is there. */
export function changedKinds(before: Share | undefined, after: Share | undefined): CapabilityKind[] {
  if (before === after) return [];
  return capabilityKinds.filter((kind) => !isShownAlike(kind, before, after));
}

function isShownAlike(kind: CapabilityKind, before: Share | undefined, after: Share | undefined): boolean {
  if (!before || !after) return saysNothing(kind, before) && saysNothing(kind, after);
  if (saysNothing(kind, before) && saysNothing(kind, after)) return true;
  return (
    areNamedAlike(kind, before, after) &&
    isSpokenToAlike(before, after) &&
    before.offers[kind].every((offer, at) => isTextAlike(offer, after.offers[kind][at]))
  );
}

/** The names that its aliases hold are not to be had by others, nor are those of the portal's own tools over it. */
function saysNothing(kind: CapabilityKind, share: Share | undefined): boolean {
  if (share === undefined) return true;
  const hasCodeTools = kind === "tool" && isShownAsCode(share.server);
  return share.offers[kind].length === 0 && share.aliases[kind].size === 0 && !hasCodeTools;
}

/** What a definition is shown as depends on the era of its server, and on the hosts that its pages may reach. */
function isSpokenToAlike({ server: a }: Share, { server: b }: Share): boolean {
  return (
    upstreamEra(a, "legacy") === upstreamEra(b, "legacy") &&
    upstreamEra(a, "modern") === upstreamEra(b, "modern") &&
    a.server.uiHosts.join("\n") === b.server.uiHosts.join("\n")
  );
}

function isTextAlike(a: Offer, b: Offer | undefined): boolean {
  return a.definition.text === b?.definition.text && a.description === b.description;
}
