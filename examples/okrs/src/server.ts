/** The MCP face of the service: one server object per request or connection, over one store. */
import { McpServer } from "@modelcontextprotocol/server";
import { registerPrompts } from "./prompts.ts";
import { registerResources } from "./resources.ts";
import { type Desk, type Tool, emojiIcon } from "./tool.ts";
import { addKeyResultTool } from "./tools/add-key-result.ts";
import { closeObjectiveTool } from "./tools/close-objective.ts";
import { createObjective } from "./tools/create-objective.ts";
import { deleteObjective } from "./tools/delete-objective.ts";
import { getObjective } from "./tools/get-objective.ts";
import { importObjectives } from "./tools/import-objectives.ts";
import { listObjectives } from "./tools/list-objectives.ts";
import { updateProgress } from "./tools/update-progress.ts";

/** In the order in which clients see them: the life of an objective. */
const tools: readonly Tool[] = [
  createObjective,
  addKeyResultTool,
  updateProgress,
  closeObjectiveTool,
  deleteObjective,
  importObjectives,
  listObjectives,
  getObjective,
];

/** `era` is the protocol's: `modern` is 2026-07-28, where clients can subscribe to changes. */
export function createOkrServer(desk: Desk, era: "legacy" | "modern"): McpServer {
  const server = new McpServer(
    {
      name: "okrs",
      title: "Objectives and key results",
      version: "0.1.0",
      description: "What the company wants to reach in a quarter, and how far it is",
      icons: [emojiIcon("🎯")],
    },
    {
      instructions:
        "An objective belongs to one quarter and one owner and has up to five key results, each a number that moves from a start to a target. Record values with update_progress: the value reached, not the change. Close objectives at the end of their quarter; delete only what was entered by mistake.",
      // Legacy requests are served statelessly: there is no stream to push a change on.
      capabilities: {
        tools: { listChanged: false },
        prompts: { listChanged: false },
        resources: { listChanged: era === "modern", subscribe: era === "modern" },
      },
      // What this server is does not change while it runs; what it holds does.
      cacheHints: {
        "server/discover": { ttlMs: 300_000, cacheScope: "public" },
        "tools/list": { ttlMs: 300_000, cacheScope: "public" },
        "prompts/list": { ttlMs: 300_000, cacheScope: "public" },
        "resources/templates/list": { ttlMs: 300_000, cacheScope: "public" },
      },
    },
  );
  for (const tool of tools) tool.register(server, desk);
  registerResources(server, desk.store);
  registerPrompts(server, desk);
  return server;
}
