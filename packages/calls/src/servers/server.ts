import type { AuthSecretName, AuthSecrets, UpstreamAuth } from "@castellan/credentials";
import type { Id, Slug } from "@castellan/kernel";
import type {
  CapabilityKind,
  ClientFeature,
  FoundBelow,
  LegacyTransport,
  LegacyVersion,
} from "@castellan/mcp";
import type { DefinitionKind } from "../catalog/definition.ts";
import type { ServerLimits } from "./server-limits.ts";
import type { SecretChange } from "./server-secrets.ts";

/** `mcp`: it speaks MCP itself. `openapi`: an API, which is spoken to by its document. */
export type ServerKind = "mcp" | "openapi";

/** How a portal lists an API: a tool for each operation, or two tools that take code over the document. */
export const apiFaces = ["tools", "code"] as const;
export type ApiFace = (typeof apiFaces)[number];

/** An upstream server as an admin registered it. */
export interface Server {
  readonly id: Id<"server">;
  readonly kind: ServerKind;
  /** Of an API; absent for all else. */
  readonly face: ApiFace | undefined;
  readonly slug: Slug;
  readonly title: string;
  /** What it is for, in a sentence; may be empty. */
  readonly description: string;
  /** Of an API: what the paths of its document follow on. */
  readonly url: string;
  /** How it is spoken to: `auto` finds out. Of no use to an API. */
  readonly transport: ServerTransport;
  /** Names of the headers that are sent to it; their values are sealed and never shown. */
  readonly headerNames: readonly string[];
  /** Where a configuration file takes the values of headers from, by header name; see `SecretRef`. */
  readonly headerRefs: Readonly<Record<string, SecretRef>>;
  /** How requests to it are authorized, besides the headers. */
  readonly auth: UpstreamAuth;
  /** Which secrets of the auth are set; their values are sealed and never shown. */
  readonly authSecretNames: readonly AuthSecretName[];
  /** Where a configuration file takes those from, by the name of the secret. */
  readonly authRefs: SecretRefs;
  /** Hosts, `host:port` or CIDRs that this server may be at although they are not public. */
  readonly allowPrivate: readonly string[];
  /** What it may want of clients: forms, pages, their model, their folders. */
  readonly clientFeatures: readonly ClientFeature[];
  /** Hosts that its pages (MCP Apps) may reach, each as `parseUiHost` spells it. */
  readonly uiHosts: readonly string[];
  /** Kinds whose new and changed definitions take effect without a person's approval. */
  readonly autoAccept: readonly DefinitionKind[];
  readonly limits: ServerLimits;
  /** How often its lists are read, seconds; absent: as the process is set. */
  readonly syncIntervalSeconds: number | undefined;
  /** The name of the configuration file that made it; absent: made by hand. */
  readonly managedBy: string | undefined;
  /** Grows with what its lines depend on: one that was opened under another revision is not used again. */
  readonly revision: number;
  /** Grows with each change that an admin makes: what `If-Match` is compared with. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const serverTransports = ["auto", "streamable-http", "sse"] as const;
export type ServerTransport = (typeof serverTransports)[number];

/** Where a secret comes from when a configuration file is applied: `env:NAME`, or `file:PATH` from its folder, seen from whoever applies it. */
export interface SecretRef {
  readonly secretRef: string;
  /** What stands before the secret in the header: `Bearer `. */
  readonly prefix?: string;
}

/** By the name of the secret. */
export type SecretRefs = { readonly [Name in AuthSecretName]?: SecretRef };

/**
 * `waiting`: never asked. `ready`: the last sync succeeded. `stale`: the last sync failed, the
 * catalog of an earlier one is in use. `error`: no sync has succeeded yet.
 */
export type ServerStatus = "waiting" | "ready" | "stale" | "error";

/** Why a server could not be read. */
export interface SyncError {
  readonly code: string;
  /** In full, up to 4,000 characters. */
  readonly message: string;
  readonly details?: SyncErrorDetails | undefined;
}

/** Why one of a server's lists could not be read. */
export interface FailedList extends SyncError {
  readonly kind: CapabilityKind;
}

/** What else is known of it, where the server said so. */
export interface SyncErrorDetails {
  /** The HTTP status that it answered with. */
  readonly status?: number;
  /** The code of its JSON-RPC error. */
  readonly rpcCode?: number;
}

/** What is known of a server from asking it. */
export interface ServerState {
  readonly status: ServerStatus;
  readonly attemptedAt: Date | undefined;
  readonly syncedAt: Date | undefined;
  /** How long the last good sync took, milliseconds. */
  readonly latencyMs: number | undefined;
  /** Why the last attempt failed. */
  readonly error: SyncError | undefined;
  /** Definitions that were left out, each with the reason. */
  readonly skipped: readonly string[];
  /** Lists that the last good sync could not read, while it read others: what an earlier one found on them stays. */
  readonly failedLists?: readonly FailedList[];
  /** It is reached in another way since it was last asked: another URL, transport, header, auth or allowed address. */
  readonly isOutdated?: boolean;
  /** Its eras were found out at another origin than that of its URL: they say nothing of what is there. */
  readonly isElsewhere?: boolean;
  /** Where `auth` is `auto`: it refuses requests, and asks for OAuth (RFC 9728). */
  readonly asksForOAuth?: boolean;
  /** Where below its URL it was found (transport `auto`); absent: at the URL itself. */
  readonly foundBelow?: FoundBelow | undefined;
  /** Raw result of `server/discover`, if the server speaks the modern era. */
  readonly modern: { readonly helloText: string } | undefined;
  /** Raw result of `initialize`, if the server speaks the legacy era. */
  readonly legacy:
    | { readonly helloText: string; readonly version: LegacyVersion; readonly transport: LegacyTransport }
    | undefined;
}

/** What is absent is empty, none, or as it is for most. */
export interface NewServer {
  readonly slug: Slug;
  /** `mcp`, if absent. It never changes. */
  readonly kind?: ServerKind | undefined;
  /** Of an API: `tools`, if absent. */
  readonly face?: ApiFace | undefined;
  readonly title: string;
  readonly description?: string | undefined;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of headers that are given. */
  readonly headerRefs?: Readonly<Record<string, SecretRef>> | undefined;
  /** `auto`, if absent. */
  readonly auth?: UpstreamAuth | undefined;
  readonly authSecrets?: AuthSecrets | undefined;
  /** Of secrets that are given. */
  readonly authRefs?: SecretRefs | undefined;
  readonly allowPrivate: readonly string[];
  /** `auto`, if absent. */
  readonly transport?: ServerTransport | undefined;
  readonly clientFeatures?: readonly ClientFeature[] | undefined;
  readonly uiHosts?: readonly string[] | undefined;
  readonly autoAccept?: readonly DefinitionKind[] | undefined;
  readonly limits?: ServerLimits | undefined;
  readonly syncIntervalSeconds?: number | undefined;
  readonly managedBy?: string | undefined;
}

/** What may be changed of a server; what is absent stays as it is. */
export interface ServerChange {
  readonly title?: string | undefined;
  /** Of an API only. */
  readonly face?: ApiFace | undefined;
  readonly description?: string | undefined;
  /** Of another origin: every header that is stored has to be given anew, or taken away. */
  readonly url?: URL | undefined;
  /** Merged into those that are stored: a value takes the place of the old one, null takes the header away. */
  readonly headers?: Readonly<Record<string, string | null>> | undefined;
  /** All of them; absent: those of headers that are not changed. */
  readonly headerRefs?: Readonly<Record<string, SecretRef>> | undefined;
  /** In the place of the one before. Secrets that it has no use for are dropped. */
  readonly auth?: UpstreamAuth | undefined;
  /** Merged into those that are stored, like headers. To be given anew for another origin or authorization server. */
  readonly authSecrets?: SecretChange | undefined;
  /** All of them; absent: those of secrets that are not changed. */
  readonly authRefs?: SecretRefs | undefined;
  readonly transport?: ServerTransport | undefined;
  readonly allowPrivate?: readonly string[] | undefined;
  readonly clientFeatures?: readonly ClientFeature[] | undefined;
  readonly uiHosts?: readonly string[] | undefined;
  readonly autoAccept?: readonly DefinitionKind[] | undefined;
  readonly limits?: ServerLimits | undefined;
  /** Null: as the process is set. */
  readonly syncIntervalSeconds?: number | null | undefined;
  /** Null: by hand. */
  readonly managedBy?: string | null | undefined;
}
