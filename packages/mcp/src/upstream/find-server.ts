/**
 * Finds a server of which an address is known and nothing else. People copy the address of a site, or leave out
 * the path at which most servers are: where nothing is at the address itself, the usual places below it are
 * asked.
 */
import { isFault, type Fault } from "@castellan/kernel";
import type { UpstreamTarget } from "./channel.ts";
import type { ClientIdentity } from "./modern.ts";
import { openModern, probe, type Probed, type ProbedTransport } from "./probe.ts";

const usualPlaces = [
  { below: "/mcp", transport: "streamable-http" },
  { below: "/sse", transport: "sse" },
] as const;

export type FoundBelow = (typeof usualPlaces)[number]["below"];

export interface FoundServer extends Probed {
  /** Where below the address it is; absent: at the address itself. */
  readonly below: FoundBelow | undefined;
}

/**
 * As `probe`. A server in this process is asked for what it is, without credentials: what it says of itself it has
 * here. With `auto`, an address that says 404, 405 or 406 to all that it is asked leads on to `/mcp` and
 * `/sse` below it. What something there fails with is what is told.
 */
export async function findServer(
  target: UpstreamTarget,
  identity: ClientIdentity,
  signal: AbortSignal,
  transport: ProbedTransport,
): Promise<FoundServer> {
  if (target.local) return findLocal({ ...target, credentials: undefined }, identity, signal);
  try {
    return { ...(await probe(target, identity, signal, transport)), below: undefined };
  } catch (nothing) {
    if (transport !== "auto" || !isNothingThere(nothing) || isUsualPlace(target.url)) throw nothing;
    for (const { below, transport: only } of usualPlaces) {
      const there = { ...target, url: addressBelow(target.url, below) };
      try {
        return { ...(await probe(there, identity, signal, only)), below };
      } catch (fault) {
        if (!isNothingThere(fault)) throw fault;
      }
    }
    throw nothing;
  }
}

async function findLocal(
  target: UpstreamTarget,
  identity: ClientIdentity,
  signal: AbortSignal,
): Promise<FoundServer> {
  const modern = await openModern(target, identity, signal);
  return { modern, legacy: undefined, faults: {}, below: undefined };
}

/** `https://a.example/x/?k=1` → `https://a.example/x/mcp?k=1` */
export function addressBelow(url: URL, below: FoundBelow): URL {
  const found = new URL(url);
  found.pathname = url.pathname.replace(/\/+$/, "") + below;
  return found;
}

function isNothingThere(error: unknown): error is Fault {
  const status = isFault(error, "upstream_refused") ? error.data?.["status"] : undefined;
  return status === 404 || status === 405 || status === 406;
}

function isUsualPlace({ pathname }: URL): boolean {
  return usualPlaces.some(({ below }) => pathname.endsWith(below));
}
