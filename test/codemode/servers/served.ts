/** A real MCP server of both eras, made of tools as data, whose calls a test can stop before or after they are carried out. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import type { z } from "zod";

export interface ServedTool {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly access: "read" | "write" | "destructive";
  /** What it gives is the one text of its answer, as JSON; a string as it is. What it throws is its failure. */
  run(input: Readonly<Record<string, unknown>>): unknown;
}

export type Side = "before" | "after";

export interface ToolServer extends AsyncDisposable {
  readonly url: string;
  /** Names of the tools that were called, in the order in which they came. */
  readonly called: readonly string[];
  /** Those who call the tool from now on wait, before it is carried out or before it is answered, until it is opened. */
  hold(tool: string, side: Side): Gate;
}

export interface Gate extends Disposable {
  /** Resolves when somebody has come to it. */
  readonly arrived: Promise<void>;
  open(): void;
}

type ServerRequest = IncomingMessage & { url: string; method: string };

export async function serveTools(name: string, tools: readonly ServedTool[]): Promise<ToolServer> {
  const called: string[] = [];
  const gates = new Map<string, { readonly arrive: () => void; readonly opened: Promise<void> }>();
  const at = async (tool: string, side: Side) => {
    const gate = gates.get(`${tool} ${side}`);
    gate?.arrive();
    await gate?.opened;
  };

  const mcp = createMcpHandler(() => {
    const server = new McpServer({ name, version: "1.0.0" });
    for (const tool of tools)
      server.registerTool(tool.name, toConfig(tool), async (input) => {
        called.push(tool.name);
        await at(tool.name, "before");
        const answer = await carryOut(tool, input as Record<string, unknown>);
        await at(tool.name, "after");
        return answer;
      });
    return server;
  });
  const answer = toNodeHandler(mcp);
  const http = createServer((request, response) => {
    answer(request as ServerRequest, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(0, "127.0.0.1", resolve);
  });

  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    called,
    hold(tool, side) {
      const [arrival, opening] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      gates.set(`${tool} ${side}`, { arrive: arrival.resolve, opened: opening.promise });
      const open = () => opening.resolve();
      return { arrived: arrival.promise, open, [Symbol.dispose]: open };
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => {
        http.close(() => resolve());
      });
      await mcp.close();
      http.closeAllConnections();
      await closed;
    },
  };
}

function toConfig({ description, input, access }: ServedTool) {
  return {
    description,
    inputSchema: input,
    annotations: { readOnlyHint: access === "read", destructiveHint: access === "destructive" },
  };
}

async function carryOut(tool: ServedTool, input: Readonly<Record<string, unknown>>) {
  try {
    const value = await tool.run(input);
    return { content: [textOf(typeof value === "string" ? value : JSON.stringify(value))] };
  } catch (error) {
    return { isError: true, content: [textOf((error as Error).message)] };
  }
}

const textOf = (text: string) => ({ type: "text" as const, text });
