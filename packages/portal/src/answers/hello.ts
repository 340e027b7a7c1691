/**
 * What a portal says of itself: the answers to `initialize` and `server/discover`, made of what its
 * servers said of themselves. Nothing of that is lost: where it cannot be merged it stands in
 * `_meta["dev.castellan/servers"]`.
 */
import type { CatalogServer, Scope } from "@castellan/calls";
import {
  isObject,
  latestLegacyVersion,
  isLegacyVersion,
  memberOf,
  metaKeys,
  modernVersions,
  type JsonObject,
  type LegacyVersion,
} from "@castellan/mcp";
import type { Portal } from "../portals/portal.ts";

/** The name and version under which the house answers. */
export interface Identity {
  readonly name: string;
  readonly version: string;
}

export const serversMetaKey = "dev.castellan/servers";

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
    capabilities: JSON.stringify(capabilities(scope, { logging: {} })),
    serverInfo: JSON.stringify(serverInfo(portal, identity)),
    instructions: instructions(scope.servers),
    _meta: object({ [JSON.stringify(serversMetaKey)]: serversMeta(scope.servers) }),
  });
}

/** How long a client may keep a list: a change reaches it after this time at the latest. */
export const listTtlMs = 60_000;

export function discoverResult(portal: Portal, scope: Scope, identity: Identity): string {
  return object({
    resultType: '"complete"',
    supportedVersions: JSON.stringify(modernVersions),
    capabilities: JSON.stringify(capabilities(scope, {})),
    instructions: instructions(scope.servers),
    ttlMs: String(listTtlMs),
    cacheScope: '"private"',
    _meta: object({
      [JSON.stringify(metaKeys.serverInfo)]: JSON.stringify(serverInfo(portal, identity)),
      [JSON.stringify(serversMetaKey)]: serversMeta(scope.servers),
    }),
  });
}

export function serverInfo(portal: Portal, identity: Identity): JsonObject {
  return { name: identity.name, title: portal.title, version: identity.version };
}

/**
 * What the portal can do whoever its servers are, and what they add: extensions and experimental
 * capabilities, of the first server that names one.
 */
function capabilities({ servers, era }: Scope, own: JsonObject): JsonObject {
  const hellos = servers.map((server) => helloOf(server, era));
  const offered = hellos.map((hello) => hello["capabilities"]).filter(isObject);
  const extensions = merged(offered.map((capability) => capability["extensions"]));
  const experimental = merged(offered.map((capability) => capability["experimental"]));
  return {
    ...own,
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { listChanged: true },
    ...(offered.some((capability) => "completions" in capability) ? { completions: {} } : {}),
    ...(extensions ? { extensions } : {}),
    ...(experimental ? { experimental } : {}),
  };
}

function merged(values: readonly unknown[]): JsonObject | undefined {
  const objects = values.filter(isObject);
  return objects.length === 0 ? undefined : Object.assign({}, ...objects.toReversed());
}

/** One server's instructions as they came; several under the names of their servers. */
function instructions(servers: readonly CatalogServer[]): string | undefined {
  const texts = servers.flatMap((server) => {
    const text = memberOf(helloText(server), "instructions");
    return text === undefined ? [] : [{ server, text }];
  });
  const [only] = texts;
  if (texts.length <= 1 && servers.length <= 1) return only?.text;
  const sections = texts.map(
    ({ server: { server }, text }) => `# ${server.title} (${server.slug})\n\n${String(JSON.parse(text))}`,
  );
  return sections.length === 0 ? undefined : JSON.stringify(sections.join("\n\n"));
}

function serversMeta(servers: readonly CatalogServer[]): string {
  const entries = servers.map((entry) => {
    const text = helloText(entry);
    const info =
      memberOf(text, "serverInfo") ?? memberOf(memberOf(text, "_meta") ?? "{}", metaKeys.serverInfo);
    return object({
      server: JSON.stringify(entry.server.slug),
      serverInfo: info,
      capabilities: memberOf(text, "capabilities"),
    });
  });
  return `[${entries.join(",")}]`;
}

function helloText({ state }: CatalogServer): string {
  return state.modern?.helloText ?? state.legacy?.helloText ?? "{}";
}

function helloOf({ state }: CatalogServer, era: "legacy" | "modern"): JsonObject {
  const hello: unknown = JSON.parse(state[era]?.helloText ?? "{}");
  return isObject(hello) ? hello : {};
}

/** An object of members that are JSON already; undefined ones are left out. */
function object(members: Readonly<Record<string, string | undefined>>): string {
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  return `{${present.map(([key, value]) => `${key.startsWith('"') ? key : JSON.stringify(key)}:${value}`).join(",")}}`;
}
