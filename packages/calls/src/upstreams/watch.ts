/**
 * A subscription at a server, held until it is given up: `subscriptions/listen` at a modern one, a
 * session with its GET stream and `resources/subscribe` at a legacy one. What breaks is held again.
 */
import { setTimeout } from "node:timers/promises";
import { isFault } from "@castellan/kernel";
import {
  mcpFaults,
  latestLegacyVersion,
  latestModernVersion,
  metaKeys,
  rpcCodes,
  type Channel,
  type Era,
  type Message,
  type NotificationMessage,
  type OpenedStream,
} from "@castellan/mcp";
import type { CatalogServer } from "../catalog/catalog.ts";
import { tellsOfResources } from "../catalog/tells-of-resources.ts";
import type { Upstreams } from "./upstreams.ts";

export interface WatchOptions {
  readonly server: CatalogServer;
  /** The era in which the server is spoken to. */
  readonly era: Era;
  /** Resources, under the server's own URIs. */
  readonly uris?: readonly string[];
  /** Tasks, under the server's own ids (modern servers only). */
  readonly taskIds?: readonly string[];
  /** Whether to hear that the server's lists have changed. */
  readonly lists?: boolean;
  /** Who watches, for the server to know: raw JSON of `clientInfo`. */
  readonly clientInfo: string;
  readonly onMessage: (message: NotificationMessage) => void | Promise<void>;
  /** What is watched was known before, so that the first time that it is held comes after a gap, too. */
  readonly startsAfterGap?: boolean;
  /** It is held again after it was broken, and not from where it broke off: something may have been missed. */
  readonly onGap?: () => void;
  /** Told of defects; what a server does wrong is none. */
  readonly onError: (error: unknown) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const firstPauseMs = 1_000;
const longestPauseMs = 30_000;
/** What was held for less was only one more try. */
const steadyMs = 10_000;

/** Resolves when the signal aborts or the server turns out not to serve it. Never rejects. */
export async function watchServer(options: WatchOptions, upstreams: Upstreams): Promise<void> {
  const { signal } = options;
  let pauseMs = firstPauseMs;
  let isAgain = options.startsAfterGap ?? false;
  while (!signal.aborted) {
    let steady: AbortSignal | undefined;
    const onHeld = ({ isResumed }: OpenedStream) => {
      steady ??= AbortSignal.timeout(steadyMs);
      if (isAgain && !isResumed) options.onGap?.();
      isAgain = true;
    };
    try {
      const hold = options.era === "modern" ? holdModern : holdLegacy;
      if ((await hold(options, upstreams, onHeld)) === "unsupported") return;
    } catch (error) {
      if (!isFault(error)) options.onError(error);
      else if (neverServed.has(error.code)) return;
    }
    if (steady?.aborted) pauseMs = firstPauseMs;
    await pause(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** Another try would end the same way. */
const neverServed: ReadonlySet<string> = new Set(["upstream_era_unsupported", "outbound_refused"]);

/** The pauses of many watchers of one server must not end all at once. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
}

async function holdModern(
  { server, uris = [], taskIds = [], lists, clientInfo, onMessage, signal }: WatchOptions,
  upstreams: Upstreams,
  onHeld: (opened: OpenedStream) => void,
): Promise<"ended" | "unsupported"> {
  const notifications = {
    ...(uris.length > 0 && { resourceSubscriptions: uris }),
    ...(taskIds.length > 0 && { taskIds }),
    ...(lists === true && {
      toolsListChanged: true,
      promptsListChanged: true,
      resourcesListChanged: true,
    }),
  };
  let isHeld = false;
  const answer = await upstreams.modern(server).request({
    method: "subscriptions/listen",
    params: JSON.stringify({
      notifications,
      _meta: {
        [metaKeys.protocolVersion]: latestModernVersion,
        [metaKeys.clientCapabilities]: {},
        [metaKeys.clientInfo]: JSON.parse(clientInfo) as unknown,
      },
    }),
    isStream: true,
    signal,
    onMessage: (message) => {
      if (message.kind !== "notification") return undefined;
      if (message.method !== "notifications/subscriptions/acknowledged") return onMessage(message);
      if (!isHeld) onHeld({ isResumed: false });
      isHeld = true;
      return undefined;
    },
  });
  return answer.kind === "error" && aboutTheRequest.has(answer.error.code) ? "unsupported" : "ended";
}

/** Errors that will not go away by asking again. Others may, as the end of a stream does. */
const aboutTheRequest: ReadonlySet<number> = new Set([
  rpcCodes.invalidRequest,
  rpcCodes.methodNotFound,
  rpcCodes.invalidParams,
  rpcCodes.headerMismatch,
  rpcCodes.missingClientCapability,
  rpcCodes.unsupportedVersion,
]);

async function holdLegacy(
  { server, uris = [], clientInfo, onMessage, signal }: WatchOptions,
  upstreams: Upstreams,
  onHeld: (opened: OpenedStream) => void,
): Promise<"ended" | "unsupported"> {
  const client = { version: latestLegacyVersion, capabilities: "{}", clientInfo };
  const channel = await upstreams.openLegacy(server, client, signal);
  try {
    if (uris.length > 0 && !tellsOfResources(server, "legacy")) return "unsupported";
    const heard = (message: Message) => (message.kind === "notification" ? onMessage(message) : undefined);
    const onOpen = (opened: OpenedStream) =>
      void subscribe(channel, uris, signal).then(
        () => onHeld(opened),
        () => undefined,
      );
    return (await channel.listen?.({ signal, onMessage: heard, onOpen })) ?? "unsupported";
  } finally {
    await channel[Symbol.asyncDispose]();
  }
}

/** Asked after the stream is open, so that no update falls between the two. */
async function subscribe(channel: Channel, uris: readonly string[], signal: AbortSignal): Promise<void> {
  for (const uri of uris) {
    const params = JSON.stringify({ uri });
    const answer = await channel.request({ method: "resources/subscribe", params, signal });
    // What the server refused is not held.
    if (answer.kind === "error")
      throw mcpFaults.fault("upstream_refused", answer.error.message.slice(0, 200));
  }
}
