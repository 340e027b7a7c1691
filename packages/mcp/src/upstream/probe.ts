/**
 * Finds out how a server speaks: which eras, over which transport (2026-07-28, versioning,
 * "Backward compatibility"). Both eras are asked for, since a server may serve either or both.
 */
import { isFault, type Fault } from "@castellan/kernel";
import { rpcCodes } from "../jsonrpc/error.ts";
import { latestLegacyVersion } from "../versions.ts";
import type { Channel, ServerHello, UpstreamTarget } from "./channel.ts";
import { openLegacyHttp } from "./legacy-http.ts";
import { openLegacySse } from "./legacy-sse.ts";
import type { LegacyChannelOptions } from "./legacy-session.ts";
import type { LegacyClient } from "./legacy.ts";
import {
  createModernChannel,
  modernParams,
  postModern,
  toModernHello,
  type ClientIdentity,
} from "./modern.ts";
import { refusalFault } from "./refusal.ts";
import { rpcErrorFault } from "./upstream-fault.ts";

export type LegacyTransport = "streamable-http" | "sse";

/** An open line in each era that the server speaks, and why there is none in the other. */
export interface Probed {
  readonly modern: Channel | undefined;
  readonly legacy: { readonly channel: Channel; readonly transport: LegacyTransport } | undefined;
  readonly faults: { readonly modern?: Fault; readonly legacy?: Fault };
}

/** How a server is to be asked: `auto` tries every way, the others only their own. */
export type ProbedTransport = "auto" | LegacyTransport;

/**
 * Opens a line in each era that the server speaks. HTTP+SSE is of the legacy era only. Throws the most telling
 * fault when there is none.
 */
export async function probe(
  target: UpstreamTarget,
  identity: ClientIdentity,
  signal: AbortSignal,
  transport: ProbedTransport = "auto",
): Promise<Probed> {
  if (transport === "sse") {
    const channel = await openLegacySse(target, ownClient(identity), signal);
    return { modern: undefined, legacy: { channel, transport }, faults: {} };
  }
  const modern = await attempt(() => openModern(target, identity, signal));
  if (isFault(modern) && isOurs(modern)) throw modern;
  const legacy = await attempt(() => openLegacy(target, ownClient(identity), signal, transport));
  if (!isFault(legacy))
    return isFault(modern)
      ? { modern: undefined, legacy, faults: { modern } }
      : { modern, legacy, faults: {} };
  if (isFault(modern)) throw mostTelling([modern, legacy]);
  return { modern, legacy: undefined, faults: { legacy } };
}

/** The line of a server that is known to speak a legacy transport. Sessions over HTTP+SSE cannot be shared. */
export function openLegacyChannel(
  transport: LegacyTransport,
  target: UpstreamTarget,
  client: LegacyClient,
  signal: AbortSignal,
  options: LegacyChannelOptions = {},
): Promise<Channel> {
  const open = transport === "sse" ? openLegacySse : openLegacyHttp;
  return open(target, client, signal, options);
}

/** A line to a server that says that it is of the modern era. Throws when it does not. */
export async function openModern(
  target: UpstreamTarget,
  identity: ClientIdentity,
  signal: AbortSignal,
): Promise<Channel> {
  // Some legacy servers never answer what they do not know; the other way of asking must get its turn.
  const within = AbortSignal.any([signal, AbortSignal.timeout(target.limits.discoverTimeoutMs)]);
  return createModernChannel(target, await discover(target, identity, within));
}

/** The server's own description. Throws when it gives none: then it is to be asked in the legacy way. */
async function discover(
  target: UpstreamTarget,
  identity: ClientIdentity,
  signal: AbortSignal,
): Promise<ServerHello> {
  const request = { method: "server/discover", params: modernParams(identity), signal };
  const posted = await postModern(target, request, 1);
  if (posted.kind === "answer") return toModernHello(posted.message);
  const error = posted.message?.error;
  // A modern server that serves us not: its reason tells more than the status does.
  if (error && modernRefusals.has(error.code))
    throw rpcErrorFault("The server refused server/discover", error);
  throw refusalFault(posted.status);
}

/** Not among them: a modern server of other versions may well speak a legacy one that we speak, too. */
const modernRefusals: ReadonlySet<number> = new Set([
  rpcCodes.headerMismatch,
  rpcCodes.missingClientCapability,
]);

async function openLegacy(
  target: UpstreamTarget,
  client: LegacyClient,
  signal: AbortSignal,
  transport: ProbedTransport,
): Promise<NonNullable<Probed["legacy"]>> {
  try {
    return { channel: await openLegacyHttp(target, client, signal), transport: "streamable-http" };
  } catch (refusal) {
    const isOver = transport !== "auto" || !isFault(refusal, "upstream_refused");
    if (isOver || !isOldTransportStatus(refusal.data?.["status"])) throw refusal;
    try {
      return { channel: await openLegacySse(target, client, signal), transport: "sse" };
    } catch (error) {
      // That there is no stream either says less than what the server said first.
      throw isFault(error, "upstream_refused") ? refusal : error;
    }
  }
}

function ownClient(identity: ClientIdentity): LegacyClient {
  return { version: latestLegacyVersion, capabilities: "{}", clientInfo: JSON.stringify(identity) };
}

/** Any 4xx to a POST may come from a server of 2024-11-05 (2025-11-25, transports, "Backwards compatibility"). */
function isOldTransportStatus(status: unknown): boolean {
  return typeof status === "number" && status >= 400 && status < 500;
}

async function attempt<T>(open: () => Promise<T>): Promise<T | Fault> {
  try {
    return await open();
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
}

/** Not even asked for: no credentials, a caller that has left. The other way of asking would end alike. */
function isOurs({ owner }: Fault): boolean {
  return owner !== "upstream";
}

const byTelling = [
  "cancelled",
  "outbound_refused",
  "upstream_unauthorized",
  "upstream_timeout",
  "upstream_unreachable",
  "upstream_too_large",
  "upstream_invalid",
];

function mostTelling(faults: readonly Fault[]): Fault | undefined {
  return byTelling.map((code) => faults.find((fault) => fault.code === code)).find(Boolean) ?? faults.at(-1);
}
