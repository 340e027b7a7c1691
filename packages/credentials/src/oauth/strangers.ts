/** What strangers say of themselves, before it is believed, kept or told. */

const maxLength = 2048;
const visible = /^[\x21-\x7e]+$/;

/**
 * Whether it may be an issuer or a resource: identifiers that are compared to the letter, stored and sent. Those that a URL
 * parser would read in another way than a person, or that have no end, are none.
 */
export function isIdentifier(said: unknown): said is string {
  return typeof said === "string" && said.length <= maxLength && visible.test(said);
}
