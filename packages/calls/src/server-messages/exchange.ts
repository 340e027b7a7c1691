/** The exchange in which a server speaks of its own accord: to whom, about what, and how it reaches the caller. */
import type { Principal } from "@castellan/access";
import type { Fault, Id } from "@castellan/kernel";
import type { Era, LogLevel, NotificationMessage, RequestMessage } from "@castellan/mcp";
import type { CatalogServer } from "../catalog/catalog.ts";

/** Who is on the other end, for the record of what a server asked. */
export interface Listener {
  readonly principal: Principal;
  readonly portal: string;
  readonly era: Era;
  readonly requestId: string;
  /** The call that the server speaks in; absent outside of calls. */
  readonly callId: Id<"call"> | undefined;
  readonly address: string;
  readonly sessionId: Id<"session"> | undefined;
  readonly clientName: string | undefined;
  readonly clientVersion: string | undefined;
}

/** What can be asked of the client at the other end, whatever the server may ask. */
export interface AskedClient {
  /** What the client declares: raw JSON of its capabilities. */
  readonly capabilities: string;
  /** Whether a question can reach it in this exchange: it takes a stream, or the answer may be a question. */
  readonly isReachable: boolean;
}

export interface ServerExchange {
  readonly server: CatalogServer;
  readonly listener: Listener;
  /** Where the server can ask (legacy): without it, every question is refused. */
  readonly client?: AskedClient;
  /** The token under which the caller wants progress of this exchange, if it does. */
  readonly progressToken: unknown;
  /**
   * What of the server's log the caller wants: a level and all above it, `all` where the server was told
   * itself, `none` where the caller asked for nothing.
   */
  readonly log: LogLevel | "all" | "none";
  /** Sends a notification to the caller; false when it cannot be reached. */
  say(text: string): boolean | Promise<boolean>;
  /** Puts the server's question to the caller; false when it cannot be asked. Only where the server can ask (legacy). */
  ask?(question: RequestMessage): boolean | Promise<boolean>;
  /**
   * Answers the server in the caller's place: raw JSON of a result or an error. Never fails; the server is
   * not heard on before it took the answer.
   */
  reply?(
    question: RequestMessage,
    answer: { readonly result: string } | { readonly error: string },
  ): void | Promise<void>;
  /** A question of the server was refused, and why: `client_feature_denied`, `client_capability_missing`, `client_unanswered`. */
  onRefused?(objection: Fault): void;
  /** The server takes a question back, by its own id (`notifications/cancelled`). */
  withdraw?(requestId: unknown, message: NotificationMessage): void;
  /** The URI under which the caller knows a resource that it subscribed to; undefined when it did not. */
  subscribedUri?(uri: string): string | undefined;
  /** Whether the caller was told of this elicitation (2025-11-25, URL mode). */
  knowsElicitation?(id: string): boolean;
}
