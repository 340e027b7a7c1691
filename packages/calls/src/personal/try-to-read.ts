import type { Owner } from "@castellan/credentials";
import { isFault } from "@castellan/kernel";
import type { ClientIdentity } from "@castellan/mcp";
import type { CatalogServer } from "../catalog/catalog.ts";
import type { Upstreams } from "../upstreams/upstreams.ts";
import { readOwnLists, type OwnLists } from "./own-lists.ts";

export interface Found {
  /** With which account it was tried; undefined: that could not be known. */
  readonly identity: string | undefined;
  readonly lists?: OwnLists;
  /** What is absent, a list of them or all, may be there the next time. */
  readonly passes: boolean;
}

const readingMs = 30_000;

/** Rejects with defects, and when `stopping` aborts; what the server does wrong, and an account that is missing, are findings. */
export async function tryToRead(
  server: CatalogServer,
  owner: Owner,
  before: { readonly identity: string | undefined; readonly lists: OwnLists | undefined },
  ports: {
    readonly upstreams: Upstreams;
    readonly identity: ClientIdentity;
    readonly stopping: AbortSignal;
  },
): Promise<Found> {
  const { upstreams, stopping } = ports;
  const timeout = AbortSignal.timeout(readingMs);
  const signal = AbortSignal.any([timeout, stopping]);
  let identity: string | undefined;
  try {
    const acting = await upstreams.identify(server, owner);
    ({ identity } = acting);
    const known = before.identity === identity ? before.lists : undefined;
    const lists = await readOwnLists(server, acting, ports, known, signal);
    // With which account it was read is known where it is the same one before and after.
    const after = await upstreams.identify(server, owner);
    return after.identity === identity
      ? { identity, lists, passes: lists.unread.size > 0 }
      : { identity, passes: true };
  } catch (error) {
    if (stopping.aborted) throw error;
    if (timeout.aborted) return { identity, passes: true };
    if (!isFault(error)) throw error;
    return { identity, passes: error.retryable };
  }
}
