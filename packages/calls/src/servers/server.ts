import type { Id, Slug } from "@castellan/kernel";
import type { ClientFeature, LegacyTransport, LegacyVersion } from "@castellan/mcp";

/** An upstream MCP server as an admin registered it. */
export interface Server {
  readonly id: Id<"server">;
  readonly slug: Slug;
  readonly title: string;
  readonly url: string;
  /** Names of the headers that are sent to it; their values are sealed and never shown. */
  readonly headerNames: readonly string[];
  /** Hosts, `host:port` or CIDRs that this server may be at although they are not public. */
  readonly allowPrivate: readonly string[];
  /** What it may want of clients: forms, pages, their model, their folders. */
  readonly clientFeatures: readonly ClientFeature[];
  /** Hosts that its pages (MCP Apps) may reach, each as `parseUiHost` spells it. */
  readonly uiHosts: readonly string[];
  /** Grows with what its lines depend on: one that was opened under another revision is not used again. */
  readonly revision: number;
  readonly createdAt: Date;
}

/**
 * `waiting`: never asked. `ready`: the last sync succeeded. `stale`: the last sync failed, the
 * catalog of an earlier one is in use. `error`: no sync has succeeded yet.
 */
export type ServerStatus = "waiting" | "ready" | "stale" | "error";

/** What is known of a server from asking it. */
export interface ServerState {
  readonly status: ServerStatus;
  readonly attemptedAt: Date | undefined;
  readonly syncedAt: Date | undefined;
  /** How long the last good sync took, milliseconds. */
  readonly latencyMs: number | undefined;
  readonly error: { readonly code: string; readonly message: string } | undefined;
  /** Definitions that were left out, each with the reason. */
  readonly skipped: readonly string[];
  /** Raw result of `server/discover`, if the server speaks the modern era. */
  readonly modern: { readonly helloText: string } | undefined;
  /** Raw result of `initialize`, if the server speaks the legacy era. */
  readonly legacy:
    | { readonly helloText: string; readonly version: LegacyVersion; readonly transport: LegacyTransport }
    | undefined;
}

export interface NewServer {
  readonly slug: Slug;
  readonly title: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly allowPrivate: readonly string[];
  /** None, if absent. */
  readonly clientFeatures?: readonly ClientFeature[];
  /** None, if absent. */
  readonly uiHosts?: readonly string[];
}

/** What may be changed of a server; what is absent stays as it is. */
export interface ServerChange {
  readonly title?: string | undefined;
  readonly clientFeatures?: readonly ClientFeature[] | undefined;
  readonly uiHosts?: readonly string[] | undefined;
}
