/** What a modern client wants to hear of, and who has to be asked for it (2026-07-28, subscriptions, "Filter"). */
import type { Use } from "@castellan/access";
import {
  parseTaskId,
  tellsOfResources,
  upstreamEra,
  type CatalogServer,
  type Scope,
  type TaskOwner,
} from "@castellan/calls";
import { isObject, mcpFaults, type Era, type JsonObject } from "@castellan/mcp";
import type { ListName } from "../portals/list-changes.ts";

/** Makes MACs: `vault.mac`. */
export type Mac = (purpose: string, data: string) => Buffer;

/** What one server is watched for: its own names, each with the one that the client knows. */
export interface WatchedServer {
  readonly server: CatalogServer;
  readonly era: Era;
  readonly uris: ReadonlyMap<string, string>;
  readonly taskIds: ReadonlyMap<string, string>;
}

export interface Filter {
  readonly lists: readonly ListName[];
  readonly servers: readonly WatchedServer[];
  /** The part of the client's filter that is honoured, in the words of the protocol. */
  readonly honoured: JsonObject;
}

const listMembers: Readonly<Record<ListName, string>> = {
  tools: "toolsListChanged",
  prompts: "promptsListChanged",
  resources: "resourcesListChanged",
};

/** Of resources and of tasks, each. */
const maxNamed = 256;

/**
 * Throws `params_invalid`. What no server of the portal tells of is not honoured, and no failure; nor are resources
 * that the caller's token was not given.
 */
export function parseFilter(
  params: JsonObject | undefined,
  { scope, granted }: { readonly scope: Scope; readonly granted: (use: Use) => boolean },
  owner: TaskOwner,
  mac: Mac,
): Filter {
  const wanted = params?.["notifications"];
  if (!isObject(wanted)) throw invalid("params.notifications", "must be an object");
  const lists = (Object.keys(listMembers) as ListName[]).filter((list) => wanted[listMembers[list]] === true);
  const servers = new Map<string, WatchedServer>();
  const uris = names(wanted, "resourceSubscriptions").filter((uri) => {
    const found = scope.find("resource", uri);
    if (!found || !tellsOfResources(found.server, found.upstreamEra)) return false;
    if (!granted({ server: found.server.server.slug, toolClass: found.class })) return false;
    watchedOf(servers, found.server, found.upstreamEra).uris.set(found.name, uri);
    return true;
  });
  const taskIds = names(wanted, "taskIds").filter((id) => {
    const task = parseTaskId(id, owner, scope.servers, mac);
    if (!task || upstreamEra(task.server, "modern") !== "modern") return false;
    watchedOf(servers, task.server, "modern").taskIds.set(task.taskId, id);
    return true;
  });
  const honoured = {
    ...Object.fromEntries(lists.map((list) => [listMembers[list], true])),
    ...(uris.length > 0 && { resourceSubscriptions: uris }),
    ...(taskIds.length > 0 && { taskIds }),
  };
  return { lists, servers: [...servers.values()], honoured };
}

interface Building extends WatchedServer {
  readonly uris: Map<string, string>;
  readonly taskIds: Map<string, string>;
}

function watchedOf(servers: Map<string, WatchedServer>, server: CatalogServer, era: Era): Building {
  const known = servers.get(server.server.id) as Building | undefined;
  const watched = known ?? { server, era, uris: new Map(), taskIds: new Map() };
  servers.set(server.server.id, watched);
  return watched;
}

function names(wanted: JsonObject, member: string): readonly string[] {
  const value = wanted[member];
  if (value === undefined) return [];
  const field = `params.notifications.${member}`;
  if (!Array.isArray(value) || !value.every((one): one is string => typeof one === "string"))
    throw invalid(field, "must be an array of strings");
  if (value.length > maxNamed) throw invalid(field, `must not have more than ${maxNamed} entries`);
  if (value.some((one) => one.length > maxNameLength))
    throw invalid(field, `must not have an entry of more than ${maxNameLength} characters`);
  return [...new Set(value)];
}

const maxNameLength = 8192;

function invalid(field: string, problem: string) {
  return mcpFaults.fault("params_invalid", `${field} ${problem}`, { field });
}
