/** `portal_list_servers`: what is behind the portal, and what of it is missing. */
import type { CatalogServer, ServerStatus } from "@castellan/calls";
import type { CapabilityKind } from "@castellan/mcp";
import type { Portal } from "../portals/portal.ts";
import { toReason, type ListedError } from "./missing-reasons.ts";
import { definePortalTool } from "./portal-tool.ts";

/** A server as the tool tells of it. Times are ISO 8601 in UTC. */
interface ListedServer {
  readonly slug: string;
  readonly title: string;
  readonly status: ServerStatus;
  readonly error?: ListedError;
  readonly tools: number;
  readonly prompts: number;
  readonly resources: number;
  /** When its lists were last read; absent: never. */
  readonly syncedAt?: string;
}

const count = { type: "integer", minimum: 0 };

export const listServers = definePortalTool({
  name: "portal_list_servers",
  definition: {
    title: "List servers",
    description:
      "Lists the MCP servers behind this portal with their state. Use it when a tool, prompt or resource that should be here is missing, or fails: a server that cannot be reached is named with the reason.",
    inputSchema: { type: "object", properties: {}, additionalProperties: false },
    outputSchema: {
      type: "object",
      properties: {
        servers: {
          type: "array",
          items: {
            type: "object",
            properties: {
              slug: { type: "string" },
              title: { type: "string" },
              status: {
                enum: ["ready", "stale", "error", "waiting"],
                description:
                  "ready: all is well; stale: it does not answer now, what it offered before is still listed; error: it has never answered; waiting: it has not been asked yet",
              },
              error: {
                type: "object",
                properties: { code: { type: "string" }, message: { type: "string" } },
                required: ["code", "message"],
              },
              tools: count,
              prompts: count,
              resources: count,
              syncedAt: {
                type: "string",
                description: "When its lists were last read, ISO 8601; absent: never",
              },
            },
            required: ["slug", "title", "status", "tools", "prompts", "resources"],
          },
        },
      },
      required: ["servers"],
    },
    annotations: { readOnlyHint: true, openWorldHint: false },
  },
  run(args, { portal, servers }) {
    const [unknown] = Object.keys(args);
    if (unknown !== undefined)
      return {
        refusal: `portal_list_servers takes no arguments, ${JSON.stringify(unknown.slice(0, 64))} neither`,
      };
    const listed = portal.serverIds.map((id, at) => {
      const known = servers.find(({ server }) => server.id === id);
      return known ? toListed(known) : unusable(portal, at);
    });
    return { structuredContent: { servers: listed }, text: toText(portal, listed) };
  },
});

function toListed({ server, state, definitions }: CatalogServer): ListedServer {
  const of = (kind: CapabilityKind) => definitions.filter((definition) => definition.kind === kind).length;
  return {
    slug: server.slug,
    title: server.title,
    status: state.status,
    ...(state.error && { error: toReason(state.error.code) }),
    tools: of("tool"),
    prompts: of("prompt"),
    resources: of("resource") + of("resource_template"),
    ...(state.syncedAt && { syncedAt: state.syncedAt.toISOString() }),
  };
}

/** One that is left out of the catalog, since what it is to be sent cannot be unsealed. */
function unusable({ servers }: Portal, at: number): ListedServer {
  const slug = servers[at] ?? "";
  const nothing = { tools: 0, prompts: 0, resources: 0 };
  return { slug, title: slug, status: "error", error: toReason("vault_open_failed"), ...nothing };
}

function toText({ title }: Portal, servers: readonly ListedServer[]): string {
  const ready = servers.filter(({ status }) => status === "ready").length;
  const head = `${ready} of ${servers.length} servers of the portal ${title} are ready.`;
  return [head, ...servers.map((server) => `- ${line(server)}`)].join("\n");
}

function line({ slug, title, status, error, syncedAt, ...counts }: ListedServer): string {
  const name = title === slug ? slug : `${slug} (${title})`;
  const offered = `${plural(counts.tools, "tool")}, ${plural(counts.prompts, "prompt")}, ${plural(counts.resources, "resource")}`;
  const because = error ? ` ${error.message} (${error.code}).` : "";
  switch (status) {
    case "ready":
      return `${name}: ready, ${offered}.`;
    case "stale":
      return `${name}: not answering, last read at ${syncedAt}.${because} Still listed: ${offered}.`;
    case "error":
      return `${name}: missing, it has never been read.${because}`;
    case "waiting":
      return `${name}: missing, it has not been asked yet.`;
  }
}

function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
