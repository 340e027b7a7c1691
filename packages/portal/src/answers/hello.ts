/**
 * What a portal says of itself: the answers to `initialize` and `server/discover`, made of what its
 * servers said of themselves. Nothing of that is lost: where it cannot be merged it stands in
 * `_meta["dev.castellan/servers"]`. Instructions are read by models as a tool's description is, and are told
 * when they were reviewed as one.
 */
import type { CatalogServer, Scope } from "@castellan/calls";
import {
  latestLegacyVersion,
  isLegacyVersion,
  memberOf,
  metaKeys,
  legacyVersions,
  modernVersions,
  objectMembers,
  type Era,
  type JsonObject,
  type LegacyVersion,
} from "@castellan/mcp";
import type { Portal } from "../portals/portal.ts";

/** The name and version under which the house answers. */
export interface Identity {
  readonly name: string;
  readonly version: string;
}

const serversMetaKey = "dev.castellan/servers";

/** The revision to speak in a legacy session: the client's if it is served, else the newest (lifecycle). */
export function negotiate(requested: unknown): LegacyVersion {
  return isLegacyVersion(requested) ? requested : latestLegacyVersion;
}

export function initializeResult(
  portal: Portal,
  scope: Scope,
  version: LegacyVersion,
  identity: Identity,
): string {
  return object({
    protocolVersion: JSON.stringify(version),
    capabilities: capabilities(scope, { logging: "{}" }),
    serverInfo: JSON.stringify(serverInfo(portal, identity)),
    instructions: instructions(portal, scope),
    _meta: object({ [serversMetaKey]: serversMeta(scope) }),
  });
}

/** How long a client may keep a list: a change reaches it after this time at the latest. */
export const listTtlMs = 60_000;

export function discoverResult(portal: Portal, scope: Scope, identity: Identity): string {
  return object({
    resultType: '"complete"',
    supportedVersions: JSON.stringify([...modernVersions, ...legacyVersions]),
    capabilities: capabilities(scope, { logging: offersLogging(scope) ? "{}" : undefined }),
    instructions: instructions(portal, scope),
    ttlMs: String(listTtlMs),
    cacheScope: '"private"',
    _meta: object({
      [metaKeys.serverInfo]: JSON.stringify(serverInfo(portal, identity)),
      [serversMetaKey]: serversMeta(scope),
    }),
  });
}

/** In the modern era nothing is stored of a level: it is for the servers to have a log. */
function offersLogging({ servers, era }: Scope): boolean {
  return servers.some(
    (server) => memberIn(memberIn(helloText(server, era), "capabilities"), "logging") !== undefined,
  );
}

export function serverInfo(portal: Portal, identity: Identity): JsonObject {
  return { name: identity.name, title: portal.title, version: identity.version };
}

/**
 * What the portal can do whoever its servers are, and what they add: extensions and experimental
 * capabilities, of the first server that names one.
 */
function capabilities({ servers, era }: Scope, own: Texts): string {
  const offered = servers.map((server) => memberIn(helloText(server, era), "capabilities"));
  return object({
    ...own,
    tools: listChanged,
    prompts: listChanged,
    resources: offered.some(offersSubscriptions) ? subscribable : listChanged,
    completions: offered.some((text) => memberIn(text, "completions") !== undefined) ? "{}" : undefined,
    extensions: merged(offered.map((text) => memberIn(text, "extensions"))),
    experimental: merged(offered.map((text) => memberIn(text, "experimental"))),
  });
}

const listChanged = '{"listChanged":true}';
const subscribable = '{"subscribe":true,"listChanged":true}';

/** In each era by the same member (2026-07-28: to be asked for with `subscriptions/listen`). */
function offersSubscriptions(capabilities: string | undefined): boolean {
  return memberIn(memberIn(capabilities, "resources"), "subscribe") === "true";
}

/** The members of all objects as they came; of several with one name the first. */
function merged(texts: readonly (string | undefined)[]): string | undefined {
  const objects = texts.filter(isObjectText);
  const members = new Map<string, string>();
  for (const text of objects)
    for (const [name, { start, end }] of objectMembers(text))
      // What a capability is set to must be an object; clients refuse the whole answer for one that is not.
      if (!members.has(name) && text[start] === "{") members.set(name, text.slice(start, end));
  return objects.length === 0 ? undefined : object(Object.fromEntries(members));
}

/**
 * The portal's own, then those of its servers that may be told, under the names of their servers; those of an only
 * server stand alone as they came.
 */
function instructions(portal: Portal, scope: Scope): string | undefined {
  const said = scope.servers.flatMap((server) => {
    const text = scope.instructions(server);
    return text === undefined ? [] : [{ server, text }];
  });
  const [only] = said;
  if (portal.instructions === "" && scope.servers.length <= 1) return only?.text;
  const sections = said.map(
    ({ server: { server }, text }) => `# ${server.title} (${server.slug})\n\n${String(JSON.parse(text))}`,
  );
  const all = [portal.instructions, ...sections].filter((section) => section !== "");
  return all.length === 0 ? undefined : JSON.stringify(all.join("\n\n"));
}

function serversMeta({ servers, era }: Scope): string {
  const entries = servers.map((entry) => {
    const text = helloText(entry, era);
    return object({
      server: JSON.stringify(entry.server.slug),
      serverInfo: memberIn(text, "serverInfo") ?? memberIn(memberIn(text, "_meta"), metaKeys.serverInfo),
      capabilities: memberIn(text, "capabilities"),
    });
  });
  return `[${entries.join(",")}]`;
}

/** What a server said of itself in the caller's era, else in its other one: it may say different things. */
function helloText({ state }: CatalogServer, era: Era): string {
  return (state[era] ?? state[otherEra[era]])?.helloText ?? "{}";
}

const otherEra: Readonly<Record<Era, Era>> = { legacy: "modern", modern: "legacy" };

/** A member of what a stranger may have made something else than an object. */
function memberIn(text: string | undefined, name: string): string | undefined {
  return isObjectText(text) ? memberOf(text, name) : undefined;
}

function isObjectText(text: string | undefined): text is string {
  return text?.startsWith("{") === true;
}

type Texts = Readonly<Record<string, string | undefined>>;

/** An object of members that are JSON already; undefined ones are left out. */
function object(members: Texts): string {
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  return `{${present.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`;
}
