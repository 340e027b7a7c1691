/** Where a secret comes from: the document names the place, and never holds the secret. */
import type { SecretRef } from "@castellan/calls";
import { z } from "zod";

const pattern = /^(?:env:[A-Za-z_][A-Za-z0-9_]{0,127}|file:[^\p{C}]{1,1024})$/u;
const rule = "must be env:NAME of an environment variable or file:PATH";
const prefixPattern = /^[\x21-\x7e][\x20-\x7e]{0,63}$/;

const place = z.string().regex(pattern, rule).meta({
  description:
    "env:NAME, or file:PATH from the folder of the configuration file, seen from whoever applies it. The secret itself is never in the document.",
});

/** A secret that is used as it is. */
export const bareSecretRef = z.strictObject({ secretRef: place });

/** What one header is made of. */
export const secretRef = z
  .strictObject({
    secretRef: place,
    prefix: z
      .string()
      .regex(prefixPattern, "must be visible ASCII characters, 64 at most")
      .meta({ description: 'What stands before the secret: "Bearer "' })
      .optional(),
  })
  // One shape, so that two that say the same are equal.
  .transform(({ secretRef, prefix }): SecretRef => ({ secretRef, ...(prefix !== undefined && { prefix }) }));

/** A reference taken apart, for who looks the secret up: `env:NAME` and `file:PATH`. */
export interface SecretPlace {
  readonly from: "env" | "file";
  /** The variable, or the path, relative to the folder of the configuration file. */
  readonly name: string;
}

/** The reference is one that the schema has accepted. */
export function secretPlace(reference: string): SecretPlace {
  const colon = reference.indexOf(":");
  return { from: reference.slice(0, colon) === "env" ? "env" : "file", name: reference.slice(colon + 1) };
}
