/**
 * What two selectors say of each other whoever calls: that both never fit at once, or that one fits wherever the other
 * does. Where that cannot be told it is not said.
 */
import { isDeepStrictEqual } from "node:util";
import { isWithin, parseCidr } from "@castellan/web";
import type { Facet } from "./selectors-of.ts";

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
  if (one.kind === "ip" && other.kind === "ip")
    return !containsRange(one.value, other.value) && !containsRange(other.value, one.value);
  return one.kind === other.kind && isOnlyOne(one) && isOnlyOne(other) && !isDeepStrictEqual(one, other);
}

/** Whether `wide` fits whatever `narrow` fits. */
export function covers(wide: Facet, narrow: Facet): boolean {
  if (wide.kind === "everyone" || isDeepStrictEqual(wide, narrow)) return true;
  if (wide.kind === "emailDomain" && narrow.kind === "email") return domainOf(narrow.value) === wide.value;
  if (wide.kind === "serviceToken" && narrow.kind === "serviceToken") return wide.value === "any";
  if (wide.kind === "certificate" && narrow.kind === "certificate") return wide.value === "valid";
  if (wide.kind === "ip" && narrow.kind === "ip") return containsRange(wide.value, narrow.value);
  return wide.kind === "loginMethod" && narrow.kind === "claim" && narrow.value.provider === wide.value;
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
  const [outer, inner] = [parseCidr(wide), parseCidr(narrow)];
  return outer !== undefined && inner !== undefined && outer[1] <= inner[1] && isWithin(inner[0], [outer]);
}
