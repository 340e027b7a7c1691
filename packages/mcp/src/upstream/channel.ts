/** A line to one MCP server in one era, whatever transport lies beneath. */
import type { Dispatcher } from "undici";
import type { JsonObject, ResponseMessage } from "../jsonrpc/message.ts";
import type { Era } from "../versions.ts";
import type { UpstreamCredentials } from "./credentials.ts";
import type { OnMessage } from "./hand-on.ts";
import type { LocalServer } from "./local-server.ts";

/** How to reach a server. `dispatcher` decides which addresses may be connected to at all. */
export interface UpstreamTarget {
  readonly url: URL;
  readonly dispatcher: Dispatcher;
  /** The same for streams that stay open; `dispatcher`, if absent. */
  readonly streamDispatcher?: Dispatcher;
  /** Sent with every request: an admin's own. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** On whose behalf the requests are made, as the server knows them. Its headers go before all others. */
  readonly credentials?: UpstreamCredentials | undefined;
  readonly limits: UpstreamLimits;
  /** Answers in the place of what is at `url`: a server of the modern era, to which that address belongs. */
  readonly local?: LocalServer | undefined;
}

export interface UpstreamLimits {
  /**
   * Silence after which an answer is given up, milliseconds. Any byte of a stream ends the silence. While the
   * server waits for us (to read on, or to answer its question) there is none.
   */
  readonly idleTimeoutMs: number;
  /** Largest JSON answer, or largest single event of a stream. */
  readonly maxMessageBytes: number;
  /** How long a server may take to say that it is of the modern era before it is asked in the legacy way. */
  readonly discoverTimeoutMs: number;
}

export const defaultUpstreamLimits: UpstreamLimits = {
  idleTimeoutMs: 300_000,
  maxMessageBytes: 32 * 1024 * 1024,
  discoverTimeoutMs: 10_000,
};

/** What a server says of itself: `initialize`'s or `server/discover`'s result. */
export interface ServerHello {
  readonly version: string;
  readonly capabilities: JsonObject;
  /** The whole result as it came, so that nothing it said is lost. */
  readonly resultText: string;
}

export interface ChannelRequest {
  readonly method: string;
  /** The raw JSON of `params`, or undefined for none. */
  readonly params: string | undefined;
  /** The server's own name for what is aimed at, where the method has one; the value of `Mcp-Name` (modern). */
  readonly name?: string | undefined;
  /** `Mcp-Param-*` headers (modern). */
  readonly paramHeaders?: Readonly<Record<string, string>> | undefined;
  readonly signal: AbortSignal;
  /**
   * Takes messages that belong to this request and come before its answer: progress, log, questions. The
   * next one is read when a promise that it returns has resolved; what it throws, the request fails with.
   */
  readonly onMessage?: OnMessage | undefined;
  /** The answer is a stream for as long as it is wanted: `subscriptions/listen` (modern). It may be silent. */
  readonly isStream?: true | undefined;
}

export interface ListenOptions {
  readonly signal: AbortSignal;
  /** Takes requests and notifications, with back-pressure as in `ChannelRequest`. */
  readonly onMessage: OnMessage;
  /** Called whenever the stream is open, again after each interruption. */
  readonly onOpen?: ((opened: OpenedStream) => void) | undefined;
}

export interface OpenedStream {
  /** The server was told where the stream before it broke off: it says what would have been missed. */
  readonly isResumed: boolean;
}

/** Why nothing more is heard: the server has no such stream, or the line is closed, by us or the server. */
export type ListenEnd = "unsupported" | "ended";

export interface Channel extends AsyncDisposable {
  readonly era: Era;
  readonly hello: ServerHello;
  /** False once the line is broken for good: another one is to be opened. */
  readonly isOpen: boolean;
  /**
   * Sends a request under an id of the channel's own; the answer still carries that id. To abort it is to
   * cancel it: modern servers see the connection close, legacy ones get `notifications/cancelled`.
   * Throws `upstream_unreachable`, `upstream_timeout`, `upstream_refused`, `upstream_unauthorized`,
   * `upstream_invalid`, `upstream_too_large`, `cancelled`, and what `onMessage` and the target's credentials throw.
   */
  request(request: ChannelRequest): Promise<ResponseMessage>;
  /** Sends a notification or a response (legacy). The text is a whole message. */
  send(text: string): Promise<void>;
  /**
   * Hears what the server says outside of requests (legacy), through interruptions, in the session of the
   * moment. Throws what `request` throws; `upstream_refused` with `data.status` 404 when that session is lost:
   * whoever listens again, does so in a new one.
   */
  listen?(options: ListenOptions): Promise<ListenEnd>;
  /** Closes the line and ends the session at the server (legacy). Where no keeper has the session, so does disposing. */
  end?(): Promise<void>;
}
