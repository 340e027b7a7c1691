/** Who runs code, and over what: as a connection has its portal at this moment. */
import type { Principal } from "@castellan/access";
import { callerOf, narrowScope, type CatalogServer, type OwnTool, type Scope } from "@castellan/calls";
import type { Era } from "@castellan/mcp";
import type { Room, RunCaller } from "../run.ts";

export interface CodeSeat {
  readonly portal: { readonly slug: string };
  readonly principal: Principal;
  /** What lists show to this connection, under the names by which it is called. */
  scope(era: Era): Scope;
  /** Slugs of the servers that the connection holds; undefined: all that the caller may use. */
  readonly narrowedTo: readonly string[] | undefined;
}

/** A tool that runs code: over all tools of a portal, or over an API. */
export interface CodeTool extends Pick<OwnTool, "name"> {
  readonly does: "search" | "execute";
  readonly api: CatalogServer | undefined;
}

export function roomOf({ api }: Pick<CodeTool, "api">): Room {
  return api ? { kind: "api", serverId: api.server.id, server: api.server.slug } : { kind: "portal" };
}

/** Who they are; by what they were let in is for who begins a run to say. */
export function runCallerOf(principal: Principal): Omit<RunCaller, "standing"> {
  const { kind, id, name } = principal;
  return {
    principalKind: kind,
    principalId: id,
    principalName: name,
    clientId: callerOf(principal).clientId,
  };
}

/** Servers that two connections both hold. */
export function heldByBoth(
  one: readonly string[] | undefined,
  other: readonly string[] | undefined,
): readonly string[] | undefined {
  if (!one || !other) return one ?? other;
  return one.filter((slug) => other.includes(slug));
}

/** The part of a scope that those servers are. */
export function partOf(scope: Scope, slugs: readonly string[] | undefined): Scope {
  return slugs ? narrowScope(scope, ({ server }) => slugs.includes(server.slug)) : scope;
}
