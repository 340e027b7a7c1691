/**
 * The keys of clients, at their `jwks_uri` (RFC 7591 §2): the one thing that the provider fetches. The address is a
 * stranger's, so it is asked as such: public addresses only, no redirects, 64 KiB, 5 seconds. The provider keeps what it
 * got, and asks again with the next request where it got nothing; here that waits, since anybody may send requests.
 */
import type { Clock } from "@castellan/kernel";
import type { Outbound } from "@castellan/web";

export interface ClientKeysOptions {
  readonly outbound: Pick<Outbound, "fetch">;
  readonly clock: Pick<Clock, "monotonic">;
}

/** Rejects as the outbound does, and with the same again while the address is left alone. */
export type FetchClientKeys = (url: string, signal?: AbortSignal) => Promise<Response>;

export const waitMs = 10_000;
const maxFailures = 1_000;
const publicOnly = Object.freeze({ allowPrivate: Object.freeze([]) });

export function createClientKeys({ outbound, clock }: ClientKeysOptions): FetchClientKeys {
  /** By URL, the latest last. */
  const failures = new Map<string, { readonly error: unknown; readonly untilMs: number }>();

  return async (url, signal) => {
    const failure = failures.get(url);
    if (failure !== undefined && clock.monotonic() < failure.untilMs) throw failure.error;
    failures.delete(url);
    try {
      return await fetchKeys(url, outbound, signal);
    } catch (error) {
      failures.delete(url);
      failures.set(url, { error, untilMs: clock.monotonic() + waitMs });
      const [oldest] = failures.keys();
      if (failures.size > maxFailures && oldest !== undefined) failures.delete(oldest);
      throw error;
    }
  };
}

async function fetchKeys(
  url: string,
  outbound: Pick<Outbound, "fetch">,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const { status, headers, body } = await outbound.fetch(url, {
    policy: publicOnly,
    maxBytes: 64 * 1024,
    timeoutMs: 5_000,
    headers: { accept: "application/jwk-set+json, application/json" },
    field: "jwks_uri",
    ...(signal && { signal }),
  });
  // Statuses without a body cannot be made with one, however empty (Fetch §2.2.3).
  return new Response(status === 204 || status === 304 ? null : Buffer.from(body), { status, headers });
}
