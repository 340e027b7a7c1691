/** What a portal makes of its servers' tools, on and off, and why what is off is off. */
import {
  reviewStates,
  toolClasses,
  type CatalogServer,
  type Definition,
  type WithheldReason,
} from "@castellan/calls";
import { isObject } from "@castellan/mcp";
import type { OpenPortal } from "@castellan/portal";
import { z } from "zod";
import { searchText, slug } from "../fields.ts";
import { pageOf, pageQuery, slicePage, toPage } from "../paging.ts";
import { defineRoute } from "../route.ts";

const states = ["on", "off", "waiting"] as const;
const eras = ["legacy", "modern"] as const;

const portalTool = z
  .object({
    server: z.string(),
    /** What the server calls it. */
    name: z.string(),
    /** What callers call it; absent where they do not get it. */
    publicName: z.string().optional(),
    title: z.string().optional(),
    /** As callers read it; the server's own where they do not get it. */
    description: z.string().optional(),
    class: z.enum(toolClasses),
    review: z.enum(reviewStates),
    state: z.enum(states),
    /**
     * Why it is off: `waiting` for approval; `switched_off`; `not_switched_on` in an allowlist; `name_of_another`
     * server's tool, which no person approved; `headers_unsound`: its header marks cannot be sent (SEP-2243).
     */
    reason: z
      .enum(["waiting", "switched_off", "not_switched_on", "name_of_another", "headers_unsound"])
      .optional(),
    /** The eras of MCP whose clients get it. */
    eras: z.array(z.enum(eras)),
  })
  .meta({ id: "PortalTool" });

type PortalTool = z.output<typeof portalTool>;

export const listPortalTools = defineRoute({
  id: "listPortalTools",
  method: "GET",
  path: "/portals/{slug}/tools",
  summary: "List the tools of a portal's servers by server and name, and whether callers get them",
  permission: "build",
  errors: ["portal_not_found"],
  params: z.strictObject({ slug }),
  query: z.strictObject({
    ...pageQuery,
    q: searchText.optional().meta({ description: "Text in a name, title or description" }),
    state: z.enum(states).optional(),
  }),
  answer: pageOf(portalTool),
  handler: async ({ params, query }, { portals, openPortals }) => {
    const { id } = await portals.get(params.slug);
    const open = [...openPortals()].find(({ portal }) => portal.id === id);
    const wanted = (open ? toolsOf(open) : []).filter((tool) => isWanted(tool, query));
    return toPage(slicePage(wanted, keyOf, query), (tool) => tool);
  },
});

function toolsOf(open: OpenPortal): PortalTool[] {
  const tools = new Map<string, PortalTool>();
  for (const era of eras) {
    const scope = open.scope(era);
    for (const { server, name, publicName, text } of scope.entries("tool")) {
      const definition = toolsByName(server).get(name);
      if (!definition) continue;
      const tool = toTool(server.server.slug, definition, text);
      const known = tools.get(keyOf(tool))?.eras ?? [];
      tools.set(keyOf(tool), { ...tool, publicName, state: "on", eras: [...known, era] });
    }
    for (const { server, definition, reason } of scope.withheld("tool")) {
      const tool = toTool(server.server.slug, definition, definition.text);
      if (!tools.has(keyOf(tool)))
        tools.set(keyOf(tool), { ...tool, state: stateOf(reason), reason, eras: [] });
    }
  }
  return [...tools.values()];
}

/** An entry of the catalog never changes. */
const byName = new WeakMap<CatalogServer, ReadonlyMap<string, Definition>>();

function toolsByName(server: CatalogServer): ReadonlyMap<string, Definition> {
  const tools = () => server.definitions.filter(({ kind }) => kind === "tool");
  const known = byName.get(server) ?? new Map(tools().map((definition) => [definition.name, definition]));
  byName.set(server, known);
  return known;
}

function toTool(server: string, { name, class: toolClass, review }: Definition, text: string) {
  const shown: unknown = JSON.parse(text);
  const { title, description } = isObject(shown) ? shown : {};
  return {
    server,
    name,
    class: toolClass,
    review,
    ...(typeof title === "string" && { title }),
    ...(typeof description === "string" && { description }),
    state: "off" as const,
    eras: [],
  };
}

function stateOf(reason: WithheldReason): "off" | "waiting" {
  return reason === "waiting" ? "waiting" : "off";
}

function isWanted(
  tool: PortalTool,
  { q, state }: { q?: string | undefined; state?: string | undefined },
): boolean {
  if (state !== undefined && tool.state !== state) return false;
  const texts = [tool.server, tool.name, tool.publicName, tool.title, tool.description];
  return q === undefined || texts.some((text) => text?.toLowerCase().includes(q.toLowerCase()));
}

/** No slug holds a space. */
function keyOf({ server, name }: Pick<PortalTool, "server" | "name">): string {
  return `${server} ${name}`;
}
