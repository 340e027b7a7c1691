/** The surface of a scope: all that its caller is offered, or one API of it. Nothing is read of it before code asks. */
import type { Scope, ScopeEntry } from "@castellan/calls";
import type { Fault, Id } from "@castellan/kernel";
import { isObject } from "@castellan/mcp";
import type { ApiDocumentsPort } from "../documents.ts";
import { codemodeFaults } from "../faults.ts";
import type { Room } from "../run.ts";
import { createCodeCatalog, type CodeCatalog } from "../search/code-catalog.ts";
import type { ApiSurface, Surface } from "./surface.ts";

export function scopeSurface(scope: Scope, room: Room, documents: ApiDocumentsPort | undefined): Surface {
  const catalog = () => catalogOf(scope);
  const isApi = room.kind === "api";
  return {
    tool: (name) => (isApi ? undefined : catalog().find(name)),
    closest: async (name) => (isApi ? [] : catalog().closest(name)),
    tools: () => catalog().list(),
    search: (query, limit) => catalog().search(query, limit),
    describe: (names) => catalog().describe(names),
    resources: () => `[${scope.list("resource").join(",")}]`,
    prompts: () => `[${scope.list("prompt").join(",")}]`,
    api: isApi && documents ? apiSurface(scope, room.serverId, documents) : undefined,
  };
}

function apiSurface(scope: Scope, serverId: Id<"server">, documents: ApiDocumentsPort): ApiSurface {
  const tools = () => toolsOf(scope, serverId);
  const isOpen = (tool: string) => tools().has(tool);
  return {
    async spec() {
      const found = await documents.spec(serverId, isOpen);
      if (!found) throw codemodeFaults.fault("code_tool_unknown", "The API has no document at present");
      return found.text;
    },
    async request(requestText) {
      const request: unknown = JSON.parse(requestText);
      if (!isObject(request)) throw new TypeError("the host's request is an object");
      const { method = "GET", path, params, query, body, headers, response } = request;
      if (typeof method !== "string" || typeof path !== "string" || path === "")
        throw invalid(
          "`codemode.request` takes `{ method, path, params?, query?, body?, headers?, response? }`; method and path are strings",
        );
      if (response !== undefined && response !== "full")
        throw invalid('`response` is "full", for `{ status, headers, body }`, or absent, for the data');
      for (const [name, value] of Object.entries({ params, query, headers }))
        if (value !== undefined && !isObject(value)) throw invalid(`\`${name}\` is an object`);
      const called = await documents.operationOf(
        serverId,
        {
          method,
          path,
          params: params as Record<string, unknown> | undefined,
          query: query as Record<string, unknown> | undefined,
          body,
          headers: headers as Record<string, unknown> | undefined,
        },
        isOpen,
      );
      const entry = tools().get(called.tool);
      if (!entry)
        throw codemodeFaults.fault(
          "code_tool_unknown",
          `${method} ${path} is not open to this caller`.slice(0, 500),
        );
      const { publicName, class: toolClass } = entry;
      return {
        publicName,
        class: toolClass,
        argumentsText: called.arguments,
        isWhole: response !== undefined,
      };
    },
  };
}

/** A scope never changes, and may have thousands of tools: each is read once. */
const catalogs = new WeakMap<Scope, CodeCatalog>();

function catalogOf(scope: Scope): CodeCatalog {
  const known = catalogs.get(scope);
  if (known) return known;
  const entries = scope.entries("tool");
  const made = createCodeCatalog(
    entries.map((entry) => ({
      publicName: entry.publicName,
      name: entry.name,
      server: entry.server.server.slug,
      class: entry.class,
      get text() {
        return entry.text;
      },
    })),
  );
  catalogs.set(scope, made);
  return made;
}

const toolsOfServers = new WeakMap<Scope, Map<string, ReadonlyMap<string, ScopeEntry>>>();

/** By what the server calls them. */
function toolsOf(scope: Scope, serverId: string): ReadonlyMap<string, ScopeEntry> {
  const servers = toolsOfServers.get(scope) ?? new Map<string, ReadonlyMap<string, ScopeEntry>>();
  toolsOfServers.set(scope, servers);
  const known =
    servers.get(serverId) ??
    new Map(
      scope
        .entries("tool")
        .flatMap((entry) => (entry.server.server.id === serverId ? [[entry.name, entry]] : [])),
    );
  servers.set(serverId, known);
  return known;
}

function invalid(message: string): Fault {
  return codemodeFaults.fault("code_arguments_invalid", message);
}
