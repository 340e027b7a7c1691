/**
 * Values of `Mcp-Name` and `Mcp-Param-*` headers (2026-07-28, transports, "Value encoding"):
 * what is not plain visible ASCII travels as `=?base64?…?=`.
 */

/** The markers are case-sensitive, and what stands between them must be base64 to the letter. */
const sentinel = /^=\?base64\?(.*)\?=$/s;
// Visible ASCII and inner spaces; no leading or trailing blank, which HTTP would strip.
const plain = /^(?:[!-~](?:[ -~]*[!-~])?)?$/;

export function encodeHeaderValue(value: string): string {
  if (plain.test(value) && !sentinel.test(value)) return value;
  return `=?base64?${Buffer.from(value, "utf8").toString("base64")}?=`;
}

/** Whether a header's value is one that `encodeHeaderValue` could have made. */
export function isHeaderValue(header: string): boolean {
  return plain.test(header) && decodeHeaderValue(header) !== undefined;
}

/** The value that a header carries, or undefined when its base64 is broken. */
export function decodeHeaderValue(header: string): string | undefined {
  const encoded = sentinel.exec(header)?.[1];
  if (encoded === undefined) return header;
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
