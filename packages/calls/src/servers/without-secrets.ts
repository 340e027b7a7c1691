import type { Headers } from "./server-headers.ts";

/** Shorter words of a header say what kind of secret follows (`Bearer`), or could stand in any sentence. */
const minWordLength = 8;

/**
 * A server's own words, less what it was sent: some repeat a key that they refuse, and what they say is stored and
 * shown as it is.
 */
export function withoutSecrets(text: string, headers: Headers): string {
  return without(text, Object.values(headers), minWordLength);
}

/** Tokens have more; a shorter word could be one of a definition's own, which would be another one without it. */
const minTokenLength = 16;

/** A definition, less what the server was authorized with: the values of headers. It stays the JSON that it was. */
export function withoutLongSecrets(text: string, values: Iterable<string>): string {
  return without(
    text,
    [...values].filter((value) => value.length >= minTokenLength),
    minTokenLength,
  );
}

function without(text: string, values: readonly string[], minLength: number): string {
  const secrets = values.flatMap((value) => [
    value,
    ...value.split(/\s+/).filter((word) => word.length >= minLength),
  ]);
  // The longest first: of a part that is gone the whole is not found any more.
  return secrets
    .toSorted((a, b) => b.length - a.length)
    .reduce((left, secret) => left.replaceAll(secret, "…"), text);
}
