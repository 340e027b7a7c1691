/** What an issuer or provider says of somebody and an admin wants kept, so that rules can look at it. */
import { accessFaults } from "../faults.ts";
import { findClaim, type Claims } from "./claims.ts";

export type ClaimValue = string | number | boolean | readonly string[];

/** By the names that the entry keeps them under. */
export type KeptClaims = Readonly<Record<string, ClaimValue>>;

/** How many an entry may name. */
export const maxKeptClaims = 32;
const maxValues = 1000;
const maxLength = 1024;

/**
 * Claims that are not there, or are objects, are left out. What is too much is refused and not cut, for a rule may ask
 * for the very part that would be missing. Throws `claims_refused`.
 */
export function readKeptClaims(claims: Claims, names: readonly string[]): KeptClaims {
  return Object.fromEntries(
    names.flatMap((name): [string, ClaimValue][] => {
      const value = readValue(findClaim(claims, name), name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function readValue(told: unknown, name: string): ClaimValue | undefined {
  if (!Array.isArray(told)) return isScalar(told) ? assertKeepable(told, name) : undefined;
  if (told.length > maxValues) throw refused(`the claim "${name}" has more than ${maxValues} values`);
  const values = (told as readonly unknown[]).filter(isScalar);
  return Object.freeze(values.map((value) => String(assertKeepable(value, name))));
}

type Scalar = string | number | boolean;

function isScalar(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** PostgreSQL takes no U+0000 and no half of a surrogate pair, and JSON no number beyond its range. */
function assertKeepable<T extends Scalar>(value: T, name: string): T {
  if (typeof value === "number" && !Number.isFinite(value))
    throw refused(`the claim "${name}" is a number beyond all range`);
  if (typeof value !== "string") return value;
  if (value.length > maxLength) throw refused(`the claim "${name}" is longer than ${maxLength} characters`);
  if (!value.isWellFormed() || value.includes("\0"))
    throw refused(`the claim "${name}" holds characters that are none`);
  return value;
}

function refused(reason: string): Error {
  return accessFaults.fault("claims_refused", `The identity provider's word is not enough: ${reason}`);
}
