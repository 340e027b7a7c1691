/**
 * Finds out how a server speaks: which eras, over which transport (2026-07-28, versioning,
 * "Backward compatibility"). Both eras are asked for, since a server may serve either or both.
 */
import { isFault, type Fault } from "@castellan/kernel";
import { latestLegacyVersion } from "../versions.ts";
import type { Channel, ServerHello, UpstreamTarget } from "./channel.ts";
import { openLegacyHttp } from "./legacy-http.ts";
import { openLegacySse } from "./legacy-sse.ts";
import type { LegacyClient } from "./legacy.ts";
import {
  createModernChannel,
  modernParams,
  postModern,
  toModernHello,
  type ClientIdentity,
} from "./modern.ts";

export type LegacyTransport = "streamable-http" | "sse";

/** An era that a server speaks, with an open line in it. */
export interface Probed {
  readonly modern: Channel | undefined;
  readonly legacy: { readonly channel: Channel; readonly transport: LegacyTransport } | undefined;
}

/** Opens a line in each era that the server speaks. Throws the most telling fault when there is none. */
export async function probe(
  target: UpstreamTarget,
  identity: ClientIdentity,
  signal: AbortSignal,
): Promise<Probed> {
  const faults: Fault[] = [];
  const modern = await attempt(faults, () => openModern(target, identity, signal));
  const legacy = await attempt(faults, () => openLegacy(target, ownClient(identity), signal));
  if (!modern && !legacy) throw mostTelling(faults);
  return { modern, legacy };
}

/** The line of a server that is known to speak a legacy transport. */
export function openLegacyChannel(
  transport: LegacyTransport,
  target: UpstreamTarget,
  client: LegacyClient,
  signal: AbortSignal,
): Promise<Channel> {
  return transport === "sse" ? openLegacySse(target, client, signal) : openLegacyHttp(target, client, signal);
}

async function openModern(target: UpstreamTarget, identity: ClientIdentity, signal: AbortSignal) {
  const hello = await discover(target, identity, signal);
  return hello && createModernChannel(target, hello);
}

/** The server's own description, or undefined when it is not of the modern era. */
async function discover(
  target: UpstreamTarget,
  identity: ClientIdentity,
  signal: AbortSignal,
): Promise<ServerHello | undefined> {
  const request = { method: "server/discover", params: modernParams(identity), signal };
  const posted = await postModern(target, request, 1);
  // Whatever else it says to this, it is to be asked in the legacy way.
  if (posted.kind === "refused" || posted.message.kind === "error") return undefined;
  return toModernHello(posted.message);
}

async function openLegacy(
  target: UpstreamTarget,
  client: LegacyClient,
  signal: AbortSignal,
): Promise<Probed["legacy"]> {
  try {
    return { channel: await openLegacyHttp(target, client, signal), transport: "streamable-http" };
  } catch (error) {
    if (!isFault(error, "upstream_refused") || !isOldTransportStatus(error.data?.["status"])) throw error;
    return { channel: await openLegacySse(target, client, signal), transport: "sse" };
  }
}

function ownClient(identity: ClientIdentity): LegacyClient {
  return { version: latestLegacyVersion, capabilities: "{}", clientInfo: JSON.stringify(identity) };
}

/** What a server of 2024-11-05 answers to a POST at the address of its stream. */
function isOldTransportStatus(status: unknown): boolean {
  return status === 404 || status === 405 || status === 406;
}

async function attempt<T>(faults: Fault[], open: () => Promise<T>): Promise<T | undefined> {
  try {
    return await open();
  } catch (error) {
    if (!isFault(error)) throw error;
    faults.push(error);
    return undefined;
  }
}

const byTelling = [
  "cancelled",
  "outbound_refused",
  "upstream_unauthorized",
  "upstream_timeout",
  "upstream_unreachable",
];

function mostTelling(faults: readonly Fault[]): Fault | undefined {
  return byTelling.map((code) => faults.find((fault) => fault.code === code)).find(Boolean) ?? faults.at(-1);
}
