const firstMs = 5_000;
const maxMs = 6 * 60 * 60 * 1000;

/**
 * How long to wait after so many attempts: 5 s, 20 s, 80 s … up to 6 h; `askedMs` longer, where the other side asked for
 * that (`Retry-After`), but no longer than 6 h either.
 */
export function waitMs(attempts: number, askedMs = 0): number {
  const grown = firstMs * 4 ** Math.min(attempts - 1, 10);
  return Math.min(maxMs, Math.max(grown, askedMs));
}
