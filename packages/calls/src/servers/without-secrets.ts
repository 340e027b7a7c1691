import type { Headers } from "./server-headers.ts";

/** Shorter words of a header say what kind of secret follows (`Bearer`), or could stand in any sentence. */
const minWordLength = 8;

/**
 * A server's own words, less what it was sent: some repeat a key that they refuse, and what they say is stored and
 * shown as it is.
 */
export function withoutSecrets(text: string, headers: Headers): string {
  const secrets = Object.values(headers).flatMap((value) => [
    value,
    ...value.split(/\s+/).filter((word) => word.length >= minWordLength),
  ]);
  // The longest first: of a part that is gone the whole is not found any more.
  return secrets
    .toSorted((a, b) => b.length - a.length)
    .reduce((left, secret) => left.replaceAll(secret, "…"), text);
}
