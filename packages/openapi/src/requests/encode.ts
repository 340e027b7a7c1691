/** Percent-encoding (RFC 3986 §2.1). */

/** Nothing stays but what is unreserved. */
export function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * What is reserved stays (`allowReserved`), less what would end the value: `&`, `#` and `;`, and what would be read as another
 * character: `+` and `%`.
 */
export function encodeReserved(text: string): string {
  return encodeURI(text.toWellFormed()).replaceAll(
    /[&#;+[\]]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
