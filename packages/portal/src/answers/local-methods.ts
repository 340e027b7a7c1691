/** What the portal answers itself: one row for each local method of the protocol. */
import {
  ownerOf,
  type Admitted,
  type Answer,
  type CallLimiter,
  type ListWatches,
  type LocalTarget,
  type RecordPorts,
  type Upstreams,
} from "@castellan/calls";
import {
  isLogLevel,
  isObject,
  logLevels,
  mcpFaults,
  memberOf,
  memberText,
  type CapabilityKind,
  type JsonObject,
  type LocalMethod,
} from "@castellan/mcp";
import type { CodemodePort } from "../codemode-port.ts";
import type { Connection } from "../connections/connection.ts";
import type { PortalDirectory } from "../portals/portal-directory.ts";
import type { UnderWay } from "../callers/under-way.ts";
import type { SessionRegistry } from "../sessions/session-registry.ts";
import { audienceOf } from "../portal-tools/portal-tools.ts";
import { sessionOwnerOf } from "../sessions/session-owner.ts";
import type { Session } from "../sessions/session.ts";
import { discoverResult, initializeResult, negotiate, type Identity } from "./hello.ts";
import type { Mac } from "./listen-filter.ts";
import { listen, type Subscriptions } from "./listen.ts";
import { listResult } from "./lists.ts";
import { subscribe, unsubscribe } from "./resource-subscriptions.ts";

export interface LocalContext extends RecordPorts {
  readonly call: Admitted;
  readonly target: LocalTarget;
  readonly session: Session | undefined;
  readonly connection: Connection;
  readonly directory: Pick<PortalDirectory, "find">;
  readonly sessions: SessionRegistry;
  readonly subscriptions: Subscriptions;
  readonly underWay: UnderWay;
  readonly upstreams: Upstreams;
  readonly limiter: CallLimiter;
  readonly identity: Identity;
  /** Makes MACs: `vault.mac`. */
  readonly mac: Mac;
  readonly lists: ListWatches;
  readonly codemode?: CodemodePort | undefined;
  /** Told of defects. */
  readonly onError: (error: unknown) => void;
}

type Handler = (context: LocalContext) => Answer | Promise<Answer>;

export const localMethods: Readonly<Record<LocalMethod, Handler>> = {
  initialize,
  ping: () => result("{}"),
  "logging/setLevel": setLogLevel,
  "server/discover": ({ connection: { open }, identity }) =>
    result(discoverResult(open.portal, open.scope("modern"), identity)),
  "subscriptions/listen": listen,
  "tools/list": list("tool"),
  "prompts/list": list("prompt"),
  "resources/list": list("resource"),
  "resources/templates/list": list("resource_template"),
  "resources/subscribe": subscribe,
  "resources/unsubscribe": unsubscribe,
};

function result(text: string): Answer {
  return { kind: "result", text, outcome: "ok" };
}

function list(kind: CapabilityKind): Handler {
  return ({ connection, call, target, codemode }) => {
    const { open, toolListing } = connection;
    // Every list fits one page, so no cursor is ever handed out and none can be valid.
    if ((target.request.params?.["cursor"] ?? undefined) !== undefined)
      throw invalidParam("params.cursor", "is not one that this portal handed out");
    const how = { listing: toolListing, audience: audienceOf(connection), codemode };
    return result(listResult(open.scope(call.protocol.era), kind, how));
  };
}

async function initialize({ call, target, connection, sessions, identity }: LocalContext): Promise<Answer> {
  const { open } = connection;
  const params = target.request.params ?? {};
  const paramsText = memberText(target.request, "params") ?? "{}";
  const info = requiredObject(params, "clientInfo");
  requiredObject(params, "capabilities");
  const clientInfo = boundedText(paramsText, "clientInfo");
  const capabilities = boundedText(paramsText, "capabilities");
  if (typeof params["protocolVersion"] !== "string")
    throw invalidParam("params.protocolVersion", "must be a string");
  const version = negotiate(params["protocolVersion"]);
  const session = await sessions.begin({
    ...sessionOwnerOf(call.principal, open.portal.slug),
    client: { version, capabilities, clientInfo },
    clientName: shortText(info["name"]),
    clientVersion: shortText(info["version"]),
  });
  session.cameFrom(ownerOf(call.principal, open.portal.slug));
  return {
    ...result(initializeResult(open.portal, open.scope("legacy"), version, identity)),
    headers: { "mcp-session-id": session.id },
    session,
  };
}

async function setLogLevel({ call, target, session }: LocalContext): Promise<Answer> {
  const level = target.request.params?.["level"];
  if (!isLogLevel(level)) throw invalidParam("params.level", `must be one of ${logLevels.join(", ")}`);
  await session?.setLogLevel(level, call.cancel.signal);
  return result("{}");
}

function requiredObject(params: JsonObject, key: string): JsonObject {
  const value = params[key];
  if (isObject(value)) return value;
  throw invalidParam(`params.${key}`, "must be an object");
}

/** What is kept for as long as the session lives, and told to each server. */
const maxKeptChars = 64 * 1024;

function boundedText(paramsText: string, key: string): string {
  const text = memberOf(paramsText, key) ?? "{}";
  // A copy: a part of a text keeps the whole of it in memory.
  if (text.length <= maxKeptChars) return Buffer.from(text).toString();
  throw invalidParam(`params.${key}`, `must not be longer than ${maxKeptChars} characters`);
}

function shortText(value: unknown): string | undefined {
  // PostgreSQL keeps no NUL in a text.
  return typeof value === "string"
    ? Buffer.from(value.slice(0, 256)).toString().replaceAll("\0", "\ufffd")
    : undefined;
}

function invalidParam(field: string, problem: string) {
  return mcpFaults.fault("params_invalid", `${field} ${problem}`, { field });
}
