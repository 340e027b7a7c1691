/** A real MCP server for tests, made with the official SDK: two tools, a prompt, and a header that it wants. */
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";

export interface TestUpstream extends AsyncDisposable {
  /** `http://127.0.0.1:41234/mcp` */
  readonly url: string;
  /** The `Authorization` headers that it was sent, each once. */
  readonly seen: ReadonlySet<string>;
}

export interface TestUpstreamOptions {
  /** Whoever sends another one gets 401. */
  readonly authorization?: string;
  /** What the tool `forecast` says of itself, asked for whenever somebody comes. */
  readonly forecast?: () => string;
}

/** Serves on a free loopback port. */
export async function startTestUpstream(options: TestUpstreamOptions = {}): Promise<TestUpstream> {
  const { forecast = () => "What tomorrow brings" } = options;
  const seen = new Set<string>();
  const mcp = createMcpHandler(() => createWeatherServer(forecast()));
  const answer = toNodeHandler(mcp);
  const http = createServer((request, response) => {
    const { authorization } = request.headers;
    if (authorization !== undefined) seen.add(authorization);
    if (options.authorization !== undefined && authorization !== options.authorization)
      response.writeHead(401).end();
    else void answer(request as IncomingMessage & { url: string; method: string }, response);
  });
  await new Promise<void>((resolve) => {
    http.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    seen,
    async [Symbol.asyncDispose]() {
      await mcp.close();
      http.closeAllConnections();
      await new Promise((resolve) => {
        http.close(resolve);
      });
    },
  };
}

function createWeatherServer(forecast: string): McpServer {
  const server = new McpServer({ name: "weather", version: "1.0.0" });
  const content = [{ type: "text" as const, text: "sunny" }];
  server.registerTool("forecast", { description: forecast }, () => ({ content }));
  server.registerTool("alerts", { description: "What to beware of" }, () => ({ content }));
  server.registerPrompt("umbrella", { description: "Whether to take one" }, () => ({
    messages: [{ role: "user", content: { type: "text", text: "Will it rain?" } }],
  }));
  return server;
}
