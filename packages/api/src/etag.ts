/** A resource's version as an entity tag (RFC 9110 §8.8.3), and the one that a caller means (§13.1.1). */
import { invalidInput } from "@castellan/kernel";

export function toEtag(version: number): string {
  return `"${version}"`;
}

/**
 * The version in `If-Match`; undefined when there is none, or any is meant (`*`). A weak tag is taken as well:
 * proxies that compress make tags weak. Throws `invalid_input`.
 */
export function parseIfMatch(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  const [, digits] = /^(?:W\/)?"(\d{1,15})"$/.exec(header.trim()) ?? [];
  if (digits !== undefined) return Number(digits);
  throw invalidInput([
    { field: "If-Match", reason: 'must be one entity tag that was answered, such as "3"' },
  ]);
}
