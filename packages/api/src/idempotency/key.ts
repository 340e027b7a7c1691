/** The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07 §2.1): a structured string, `"8e03978e"`. */
import { invalidInput } from "@castellan/kernel";

const maxLength = 255;

/** The key; undefined when there is none. Many clients leave out the quotes, which changes nothing. Throws `invalid_input`. */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  // RFC 8941 §3.3.3, without its escapes: a key needs neither quotes nor backslashes.
  const [, quoted, bare] = /^(?:"([ !#-[\]-~]+)"|([!#-[\]-~]+))$/.exec(text) ?? [];
  const key = quoted ?? bare;
  if (key !== undefined && key.length <= maxLength) return key;
  throw invalidInput([
    {
      field: "Idempotency-Key",
      reason: `must be 1 to ${maxLength} visible ASCII characters, in quotes or without, such as a UUID`,
    },
  ]);
}
