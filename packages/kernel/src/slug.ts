import { kernelFaults } from "./faults.ts";

declare const brand: unique symbol;

/** The short name that a server or a portal has in addresses and tool names. It never changes. */
export type Slug = string & { readonly [brand]: "slug" };

export const slugRule =
  "1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter";

/** Beside which a slug has at most 32 characters. */
export const slugPattern = /^[a-z](?:-?[a-z0-9])*$/;

export function isSlug(value: string): value is Slug {
  return value.length <= 32 && slugPattern.test(value);
}

/** Parses a slug. Throws `invalid_input` naming `field`. */
export function parseSlug(value: string, field: string): Slug {
  if (isSlug(value)) return value;
  throw kernelFaults.fault("invalid_input", `${field} must be ${slugRule}`, { field });
}
