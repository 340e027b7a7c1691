/** A session of a legacy server over Streamable HTTP (2025-11-25, transports, "Session management"). */
import { mcpFaults } from "../faults.ts";
import { rpcCodes } from "../jsonrpc/error.ts";
import type { ResponseMessage } from "../jsonrpc/message.ts";
import type { ChannelRequest } from "./channel.ts";
import { parseLegacyHello, type LegacyHello } from "./legacy.ts";
import type { Posted, Refused } from "./post.ts";

/** What is needed to go on with a session that another process has opened. */
export interface KeptSession {
  /** `Mcp-Session-Id`. */
  readonly id: string | undefined;
  /** The raw result of `initialize`. */
  readonly helloText: string;
}

/** Keeps the one session that several processes share on behalf of one client. */
export interface SessionKeeper {
  /** The session to use instead of opening one, never the lost one; undefined when there is none. */
  load(lost: KeptSession | undefined): Promise<KeptSession | undefined>;
  /**
   * Keeps a session that was opened because there was none, or in place of a lost one. Returns the one that
   * holds from now on: where another process was first, its; ours is then ended.
   */
  save(opened: KeptSession, lost: KeptSession | undefined): Promise<KeptSession>;
}

export interface LegacyChannelOptions {
  /** Without one, the session is the channel's own and ends with it. */
  readonly keeper?: SessionKeeper | undefined;
  /**
   * Sets up each session that was opened anew (subscriptions, log level), before anyone uses it or another
   * process can adopt it. What it throws, the opening fails with.
   */
  readonly afterOpen?:
    | ((request: (request: ChannelRequest) => Promise<ResponseMessage>) => Promise<void>)
    | undefined;
}

export interface LegacySession {
  /** A server that gives no id has no session to forget. */
  readonly id: string | undefined;
  readonly hello: LegacyHello;
  /** Opened by this channel, not adopted. */
  readonly isOwn: boolean;
  /** Aborted when the server has forgotten the session. */
  readonly lost: AbortController;
}

export function toSession(kept: KeptSession, hello: LegacyHello, isOwn: boolean): LegacySession {
  return { id: kept.id, hello, isOwn, lost: new AbortController() };
}

/** A session that was kept by this process or another. Throws `upstream_invalid` when its hello is none. */
export function adopt(kept: KeptSession): LegacySession {
  return toSession(kept, parseLegacyHello(JSON.parse(kept.helloText), kept.helloText), false);
}

export function toKept({ id, hello }: LegacySession): KeptSession {
  return { id, helloText: hello.resultText };
}

export function sessionHeaders({ id, hello }: LegacySession): Record<string, string> {
  return {
    "mcp-protocol-version": hello.version,
    ...(id === undefined ? {} : { "mcp-session-id": id }),
  };
}

/** Visible ASCII only (2025-11-25, transports): anything else could not be sent back. */
export function sessionIdOf(posted: Posted): string | undefined {
  const value = posted.kind === "answer" ? posted.headers["mcp-session-id"] : undefined;
  const id = Array.isArray(value) ? value[0] : value;
  if (id === undefined || /^[!-~]{1,4096}$/.test(id)) return id;
  throw mcpFaults.fault("upstream_invalid", "The server gave a session id that is not visible ASCII");
}

/**
 * 404 is what the spec asks for; many servers, among them those made after the SDK's examples, answer 400
 * and say something about the session. An error about the request itself is not meant, whatever words it
 * uses.
 */
export function saysLost({ status, message }: Refused): boolean {
  const { code, message: words = "" } = message?.error ?? {};
  if (code === rpcCodes.methodNotFound || code === rpcCodes.invalidParams) return false;
  return status === 404 || (status === 400 && /\bsession\b|not initialized/i.test(words));
}
