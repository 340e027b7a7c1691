/**
 * What two selectors say of each other whoever calls: that both never fit at once, or that one fits wherever the other
 * does. Where that cannot be told it is not said.
 */
import { isDeepStrictEqual } from "node:util";
import { isWithin, parseCidr, type Cidr } from "@castellan/web";
import type { Facet } from "./selectors-of.ts";
import { areApart, includesWindow, isWholeWeek } from "./week.ts";

type KindOfCaller = "user" | "service" | "public";

/** Whether nothing ever fits both. */
export function contradict(one: Facet, other: Facet): boolean {
  const [callers, others] = [callersOf(one), callersOf(other)];
  const areOthers = callers !== undefined && others !== undefined && callers !== others;
  return areOthers || rulesOut(one, other) || rulesOut(other, one);
}

function rulesOut(one: Facet, other: Facet): boolean {
  if (one.kind === "email" && other.kind === "emailDomain") return domainOf(one.value) !== other.value;
  if (one.kind === "claim" && other.kind === "loginMethod") return one.value.provider !== other.value;
  if (one.kind === "claim" && other.kind === "claim") return one.value.provider !== other.value.provider;
  // Only a program with credentials of its own, and a person's, calls by a client.
  if (one.kind === "client" && other.kind === "public") return true;
  if (one.kind === "client" && other.kind === "serviceToken") return other.value !== "any";
  if (one.kind === "time" && other.kind === "time") return areApart(one.value, other.value);
  if (one.kind === "ip" && other.kind === "ip")
    return !containsRange(one.value, other.value) && !containsRange(other.value, one.value);
  return one.kind === other.kind && isOnlyOne(one) && isOnlyOne(other) && !isDeepStrictEqual(one, other);
}

/** Whether `wide` fits whatever `narrow` fits. */
export function covers(wide: Facet, narrow: Facet): boolean {
  if (isAlways(wide) || (wide.kind === narrow.kind && isDeepStrictEqual(wide, narrow))) return true;
  if (wide.kind === "time" && narrow.kind === "time") return includesWindow(wide.value, narrow.value);
  if (wide.kind === "emailDomain" && narrow.kind === "email") return domainOf(narrow.value) === wide.value;
  if (wide.kind === "serviceToken" && narrow.kind === "serviceToken") return wide.value === "any";
  if (wide.kind === "certificate" && narrow.kind === "certificate") return wide.value === "valid";
  if (wide.kind === "ip" && narrow.kind === "ip") return containsRange(wide.value, narrow.value);
  return wide.kind === "loginMethod" && narrow.kind === "claim" && narrow.value.provider === wide.value;
}

/** Whether it fits whoever calls, from wherever, whenever. */
export function isAlways(facet: Facet): boolean {
  return facet.kind === "everyone" || (facet.kind === "time" && isWholeWeek(facet.value));
}

/** Whether one of them always fits: of the two families of addresses there must be both. */
export function fillsAll(facets: readonly Facet[]): boolean {
  const ranges = facets.flatMap((facet) => (facet.kind === "ip" ? facet.value : []));
  return ["0.0.0.0/0", "::/0"].every((all) => ranges.some((range) => containsRange(range, all)));
}

/** Which callers it can fit; undefined: it does not say. */
export function callersOf({ kind }: Facet): KindOfCaller | undefined {
  switch (kind) {
    case "email":
    case "emailDomain":
    case "group":
    case "claim":
    case "loginMethod":
    case "authenticationMethod":
      return "user";
    case "serviceToken":
      return "service";
    case "public":
      return "public";
    default:
      return undefined;
  }
}

/** Whether a caller, or a connection, has one value of this at a time, and this names one. */
function isOnlyOne(facet: Facet): boolean {
  switch (facet.kind) {
    case "email":
    case "emailDomain":
    case "loginMethod":
    case "client":
    case "country":
      return true;
    case "serviceToken":
      return facet.value !== "any";
    case "certificate":
      return facet.value !== "valid";
    default:
      return false;
  }
}

function domainOf(email: string): string {
  return email.slice(email.lastIndexOf("@") + 1);
}

/** Two ranges are apart, or one is in the other. */
function containsRange(wide: string, narrow: string): boolean {
  const [outer, inner] = [rangeOf(wide), rangeOf(narrow)];
  return outer !== undefined && inner !== undefined && outer[1] <= inner[1] && isWithin(inner[0], [outer]);
}

/** Each range of a rule is held against each other one: it is read once. As many are kept as a rule has. */
const ranges = new Map<string, Cidr | undefined>();
const maxRanges = 3_000;

function rangeOf(text: string): Cidr | undefined {
  if (ranges.has(text)) return ranges.get(text);
  if (ranges.size === maxRanges) ranges.clear();
  const range = parseCidr(text);
  ranges.set(text, range);
  return range;
}
