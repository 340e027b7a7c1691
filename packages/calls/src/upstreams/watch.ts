/**
 * A subscription at a server, held until it is given up: `subscriptions/listen` at a modern one, a
 * session with its GET stream and `resources/subscribe` at a legacy one. What breaks is held again.
 */
import { setTimeout } from "node:timers/promises";
import type { Owner } from "@castellan/credentials";
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
import type { Acting } from "../credentials/acting.ts";
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
  /** On whose behalf. What was held for one account of theirs ends with it, and is held anew for the next. */
  readonly owner: () => Owner;
  /** Who watches, for the server to know: raw JSON of `clientInfo`. */
  readonly clientInfo: string;
  readonly onMessage: (message: NotificationMessage) => void | Promise<void>;
  /** Whether what is watched was known before it is first held, so that that comes after a gap, too. Asked then. */
  readonly startsAfterGap?: () => boolean;
  /** It is held, or cannot be at the moment: told of each try. */
  readonly onTried?: () => void;
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
/** How long a subscription waits for its GET stream: a server may keep the head of it back until it speaks. */
const streamHeadMs = 250;

/** Resolves when the signal aborts or the server turns out not to serve it. Never rejects. */
export async function watchServer(options: WatchOptions, upstreams: Upstreams): Promise<void> {
  const { signal } = options;
  let pauseMs = firstPauseMs;
  let isAgain = false;
  while (!signal.aborted) {
    let steady: AbortSignal | undefined;
    const onHeld = ({ isResumed }: OpenedStream) => {
      steady ??= AbortSignal.timeout(steadyMs);
      if (!isResumed && (isAgain || options.startsAfterGap?.())) options.onGap?.();
      isAgain = true;
      options.onTried?.();
    };
    const over = new AbortController();
    const within = AbortSignal.any([signal, over.signal]);
    let stop: (() => void) | undefined;
    try {
      const acting = await upstreams.identify(options.server, options.owner());
      stop = upstreams.onMoved(options.server, acting, () => over.abort());
      const hold = options.era === "modern" ? holdModern : holdLegacy;
      if ((await hold({ ...options, acting, signal: within }, upstreams, onHeld)) === "unsupported") return;
    } catch (error) {
      if (!isFault(error)) options.onError(error);
      else if (neverServed.has(error.code)) return;
      // Asking again would end the same way until somebody has signed in.
      else if (stop && wantsPerson.has(error.code)) {
        options.onTried?.();
        await aborted(within);
      }
    } finally {
      options.onTried?.();
      stop?.();
    }
    if (steady?.aborted || over.signal.aborted) pauseMs = firstPauseMs;
    await pause(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** Another try would end the same way. */
const neverServed: ReadonlySet<string> = new Set(["upstream_era_unsupported", "outbound_refused"]);

const wantsPerson: ReadonlySet<string> = new Set([
  "link_required",
  "credentials_missing",
  "credentials_person_only",
]);

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}

/** The pauses of many watchers of one server must not end all at once. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
}

interface Hold extends WatchOptions {
  readonly acting: Acting;
}

async function holdModern(
  { server, uris = [], taskIds = [], lists, acting, clientInfo, onMessage, signal }: Hold,
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
  const answer = await upstreams.modern(server, acting.owner).request({
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
  { server, uris = [], acting, clientInfo, onMessage, signal }: Hold,
  upstreams: Upstreams,
  onHeld: (opened: OpenedStream) => void,
): Promise<"ended" | "unsupported"> {
  const client = { version: latestLegacyVersion, capabilities: "{}", clientInfo };
  const channel = await upstreams.openLegacy(server, client, acting, signal);
  let headless: NodeJS.Timeout | undefined;
  try {
    if (uris.length > 0 && !tellsOfResources(server, "legacy")) return "unsupported";
    const heard = (message: Message) => (message.kind === "notification" ? onMessage(message) : undefined);
    const onOpen = (opened: OpenedStream) => {
      clearTimeout(headless);
      subscribe(channel, uris, signal).then(
        () => onHeld(opened),
        () => undefined,
      );
    };
    // Whether the server has the stream by then is not known: when its head comes that is told as a gap.
    if (uris.length > 0) headless = globalThis.setTimeout(onOpen, streamHeadMs, { isResumed: false });
    return (await channel.listen?.({ signal, onMessage: heard, onOpen })) ?? "unsupported";
  } finally {
    clearTimeout(headless);
    await channel[Symbol.asyncDispose]();
  }
}

/** Asked after the stream is open where that is known, so that no update falls between the two. */
async function subscribe(channel: Channel, uris: readonly string[], signal: AbortSignal): Promise<void> {
  for (const uri of uris) {
    const params = JSON.stringify({ uri });
    const answer = await channel.request({ method: "resources/subscribe", params, signal });
    // What the server refused is not held.
    if (answer.kind === "error")
      throw mcpFaults.fault("upstream_refused", answer.error.message.slice(0, 200));
  }
}
