/** `portal_query_tools`: finds tools by a regular expression and tells all about them. */
import type { ScopeEntry } from "@castellan/calls";
import type { JsonObject } from "@castellan/mcp";
import { searchTools } from "./search-tools.ts";
import { toolDescription } from "./tool-texts.ts";
import { definePortalTool } from "./portal-tool.ts";
import { maxPatternChars, parseToolPattern } from "./tool-pattern.ts";

const maxLimit = 100;
const defaultLimit = 20;

export const queryTools = definePortalTool({
  name: "portal_query_tools",
  listings: ["minimize_tools", "search_and_execute"],
  definition: {
    title: "Query tools",
    description:
      "Finds the tools behind this portal by a regular expression, and tells how each is called: description, schemas, annotations. Use it before you call a tool whose schema you have not seen.",
    inputSchema: {
      type: "object",
      properties: {
        query: {
          type: "string",
          maxLength: maxPatternChars,
          description:
            "A regular expression (RE2 syntax, case does not count) over name, title, description and input schema. Words: invoice|payment. An empty one finds all",
        },
        server: { type: "string", description: "Only tools of this server: a slug of portal_list_servers" },
        limit: { type: "integer", minimum: 1, maximum: maxLimit, default: defaultLimit },
        cursor: { type: "string", description: "nextCursor of the answer before" },
      },
      required: ["query"],
      additionalProperties: false,
    },
    outputSchema: {
      type: "object",
      properties: {
        tools: {
          type: "array",
          items: {
            type: "object",
            properties: {
              name: { type: "string" },
              title: { type: "string" },
              description: { type: "string" },
              inputSchema: { type: "object" },
              outputSchema: { type: "object" },
              annotations: { type: "object" },
              server: { type: "string", description: "The slug of the server that it is a tool of" },
              class: {
                enum: ["read", "write", "destructive"],
                description: "What it may do, as an admin approved it",
              },
            },
            required: ["name", "inputSchema", "server", "class"],
          },
        },
        nextCursor: { type: "string", description: "Absent: there are no more" },
      },
      required: ["tools"],
    },
    annotations: { readOnlyHint: true, openWorldHint: false },
  },
  async run(args, { portal, scope, clock, signal }) {
    const parsed = parseArguments(args, portal.servers);
    if ("refusal" in parsed) return parsed;
    const { server, cursor, ...search } = parsed;
    const all = scope.entries("tool");
    const entries = server === undefined ? all : all.filter((entry) => entry.server.server.slug === server);
    const from = cursor === undefined ? 0 : placeAfter(cursor, entries);
    if (from === undefined)
      return { refusal: '"cursor" is not one of this portal, or its tools have changed: begin anew' };
    const { found, next } = await searchTools(entries, { ...search, from, clock, signal });
    const last = next === undefined ? undefined : entries[next - 1];
    const nextCursor = last ? `,"nextCursor":${JSON.stringify(toCursor(last))}` : "";
    const structuredText = `{"tools":[${found.map(toolDescription).join(",")}]${nextCursor}}`;
    // Many clients show models the text only.
    return { structuredText, text: structuredText };
  },
});

interface Query {
  readonly fits: (text: string) => boolean;
  readonly limit: number;
  readonly server: string | undefined;
  readonly cursor: string | undefined;
}

const known: ReadonlySet<string> = new Set(["query", "server", "limit", "cursor"]);

function parseArguments(args: JsonObject, servers: readonly string[]): Query | { readonly refusal: string } {
  const { query, server, limit = defaultLimit, cursor } = args;
  const unknown = Object.keys(args).find((name) => !known.has(name));
  if (unknown !== undefined)
    return { refusal: `portal_query_tools takes no argument ${JSON.stringify(unknown.slice(0, 64))}` };
  if (typeof query !== "string") return { refusal: '"query" must be a string: a regular expression' };
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1 || limit > maxLimit)
    return { refusal: `"limit" must be a whole number from 1 to ${maxLimit}` };
  if (cursor !== undefined && typeof cursor !== "string") return { refusal: '"cursor" must be a string' };
  if (server !== undefined && (typeof server !== "string" || !servers.includes(server)))
    return { refusal: '"server" must be the slug of a server that portal_list_servers names' };
  const pattern = parseToolPattern(query);
  if ("problem" in pattern) return { refusal: `"query" ${pattern.problem}` };
  return { fits: pattern.fits, limit, server, cursor };
}

/** The name of the last tool that was looked at: it is found again whatever comes and goes beside it. */
function toCursor({ publicName }: ScopeEntry): string {
  return Buffer.from(publicName).toString("base64url");
}

function placeAfter(cursor: string, entries: readonly ScopeEntry[]): number | undefined {
  const name = Buffer.from(cursor, "base64url").toString();
  const at = entries.findIndex(({ publicName }) => publicName === name);
  return at < 0 ? undefined : at + 1;
}
