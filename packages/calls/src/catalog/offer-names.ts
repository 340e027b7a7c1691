/** The public names of one kind in a portal: which offer has which. Names are unique, and looked up whole. */
import type { CapabilityKind } from "@castellan/mcp";
import { foldName } from "../reviews/folded-name.ts";
import { isShownAsCode, type CodeToolNames } from "./code-tools.ts";
import { kinds } from "./definition.ts";
import { toPublicName, toSpareName, type Naming } from "./public-name.ts";
import type { Offer, Share } from "./share.ts";

/** Where an offer is: the place of its server in the portal, its own place in that server's share. */
export interface Spot {
  readonly slot: number;
  readonly at: number;
}

export interface OfferNames {
  /** In the order in which they are listed. */
  readonly spots: ReadonlyMap<string, Spot>;
  /** Tools that are called like another server's, and have no person to vouch for them. */
  readonly shadows: readonly Spot[];
  /** Of servers whose tools are shown as code, by slot: names that no server's tool has. */
  readonly codeTools: ReadonlyMap<number, CodeToolNames>;
}

/**
 * Servers choose in the portal's order, so that one that comes later takes no name from those before it. Aliases
 * have chosen already, also those of what is not offered at the moment: nobody else is to answer in its place. The portal's own
 * tools over an API choose in its turn, ahead of its operations.
 */
export function nameOffers(kind: CapabilityKind, naming: Naming, shares: readonly Share[]): OfferNames {
  const holders = aliasHolders(kind, shares);
  const codeTools = new Map<number, CodeToolNames>();
  const taken = new Set<string>();
  const spots = new Map<string, Spot>();
  const shadows: Spot[] = [];
  const isShadow = kind === "tool" ? shadowRule(naming, shares) : () => false;
  for (const [slot, share] of shares.entries()) {
    if (kind === "tool" && isShownAsCode(share.server)) {
      const names = nameCodeTools(
        share,
        (name) => !spots.has(name) && !taken.has(name) && !holders.has(name),
      );
      codeTools.set(slot, names);
      for (const name of [names.search, names.execute]) taken.add(name);
    }
    for (const [at, offer] of share.offers[kind].entries()) {
      const spot = { slot, at };
      if (isShadow(offer, slot)) shadows.push(spot);
      else
        spots.set(
          freeName(offer, (name) => !taken.has(name) && isFree(name, offer, spots, holders)),
          spot,
        );
    }
  }
  return { spots, shadows, codeTools };
}

function nameCodeTools({ server: { server } }: Share, isFree: (name: string) => boolean): CodeToolNames {
  const nameOf = (does: keyof CodeToolNames) => {
    const name = toPublicName(server.slug, does);
    for (let attempt = 0, free = name; ; attempt++, free = toSpareName(name, server.id, attempt))
      if (isFree(free)) return free;
  };
  return { search: nameOf("search"), execute: nameOf("execute") };
}

/** Whether both offer the same in the eyes of `nameOffers`. */
export function areNamedAlike(kind: CapabilityKind, a: Share, b: Share): boolean {
  const [left, right] = [a.offers[kind], b.offers[kind]];
  return (
    a === b ||
    (left.length === right.length &&
      isShownAsCode(a.server) === isShownAsCode(b.server) &&
      isSameMap(a.aliases[kind], b.aliases[kind]) &&
      left.every((one, at) => {
        const other = right[at];
        return (
          other !== undefined &&
          one.definition.name === other.definition.name &&
          one.isVouchedFor === other.isVouchedFor &&
          one.names.join("\n") === other.names.join("\n")
        );
      }))
  );
}

type Holder = readonly [serverId: string, name: string];

/** Two aliases of one name cannot be saved; where there are such, the first has it. */
function aliasHolders(kind: CapabilityKind, shares: readonly Share[]): ReadonlyMap<string, Holder> {
  const holders = new Map<string, Holder>();
  for (const { server, aliases } of shares)
    for (const [name, publicName] of aliases[kind])
      if (!holders.has(publicName)) holders.set(publicName, [server.server.id, name]);
  return holders;
}

function isFree(
  publicName: string,
  { server, definition }: Offer,
  spots: ReadonlyMap<string, Spot>,
  holders: ReadonlyMap<string, Holder>,
): boolean {
  if (spots.has(publicName)) return false;
  const holder = holders.get(publicName);
  return holder === undefined || (holder[0] === server.server.id && holder[1] === definition.name);
}

function freeName({ names, definition }: Offer, isFree: (name: string) => boolean): string {
  const free = names.find(isFree);
  if (free !== undefined) return free;
  const fallback = names.at(-1) ?? "";
  // URIs in the house's own form are of one server and of one resource of it.
  if (kinds[definition.kind].key !== "name") return fallback;
  for (let attempt = 0; ; attempt++) {
    const spare = toSpareName(fallback, definition.name, attempt);
    if (isFree(spare)) return spare;
  }
}

/**
 * Whose tool is meant where two have one name is for a person to say. Names are compared as a reader sees them, and with the
 * name that the other tool would fall back to as well: that is not to be taken from it either. A prefix tells servers
 * apart, but for one that goes on in the other's name: `pay` with `eu_send`, `pay-eu` with `send`.
 */
function shadowRule(naming: Naming, shares: readonly Share[]): (offer: Offer, slot: number) => boolean {
  if (shares.every(({ offers }) => offers.tool.every(({ isVouchedFor }) => isVouchedFor))) return () => false;
  const slots = new Map<string, Set<number>>();
  for (const [slot, share] of shares.entries())
    for (const key of [
      ...codeToolsOf(share),
      ...share.offers.tool.flatMap((offer) => foldedNamesOf(offer, naming)),
    ]) {
      const known = slots.get(key);
      if (known) known.add(slot);
      else slots.set(key, new Set([slot]));
    }
  return (offer, slot) => {
    if (offer.isVouchedFor) return false;
    const [called = ""] = foldedNamesOf(offer, naming);
    const others = slots.get(called);
    return others !== undefined && (others.size > 1 || !others.has(slot));
  };
}

/** The names that the portal's own tools over it would have. */
function codeToolsOf({ server }: Share): string[] {
  if (!isShownAsCode(server)) return [];
  return (["search", "execute"] as const).map((does) => foldName(toPublicName(server.server.slug, does)));
}

/** An offer never changes, and is in as many portals as share it, all of one naming. */
const foldedNames = new WeakMap<Offer, readonly string[]>();

/** What it is called, then whatever else it may come to be called. */
function foldedNamesOf(offer: Offer, naming: Naming): readonly string[] {
  const known = foldedNames.get(offer) ?? [calledName(offer, naming), ...offer.names].map(foldName);
  foldedNames.set(offer, known);
  return known;
}

/** What it would be called, were it not for the others; of a name that cannot be shown plainly what that looks like. */
function calledName({ names, definition }: Offer, naming: Naming): string {
  return naming === "prefixed" || names.length > 1 ? (names[0] ?? definition.name) : definition.name;
}

function isSameMap(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
