/** Real MCP servers of either era that offer one thing of each kind, and whose lists can be made to fail. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { Server as ServerV1 } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { createMcpHandler, Server as ServerV2 } from "@modelcontextprotocol/server";

const offered = {
  "tools/list": { tools: [{ name: "query", inputSchema: { type: "object" as const } }] },
  "prompts/list": { prompts: [{ name: "summary" }] },
  "resources/list": { resources: [{ uri: "db://accounts", name: "accounts" }] },
  "resources/templates/list": { resourceTemplates: [{ uriTemplate: "db://{table}", name: "table" }] },
};
export type ListMethod = keyof typeof offered;

/** What a list answers in the place of its own: throws, never resolves, or gives what is none. */
export type Failing = () => unknown;

export interface ListingServer extends AsyncDisposable {
  readonly url: string;
  /** May be set while it runs. */
  failing: Partial<Record<ListMethod, Failing>>;
  /** What it says that it has. */
  capabilities: Readonly<Record<string, object>>;
}

const info = { name: "listing", version: "1.0.0" };
const all = { tools: {}, prompts: {}, resources: {} };
const called = { content: [{ type: "text" as const, text: "one row" }] };

/** On SDK 1.x, or on SDK 2.x. */
export function startListing(era: "legacy" | "modern"): Promise<ListingServer> {
  return era === "legacy" ? startV1() : startV2();
}

async function startV1(): Promise<ListingServer> {
  const state: Omit<ListingServer, "url" | keyof AsyncDisposable> = { failing: {}, capabilities: all };
  return serve(state, async (request, response) => {
    if (request.method !== "POST") return void response.writeHead(405).end();
    const server = new ServerV1(info, { capabilities: state.capabilities });
    const answers = <Method extends ListMethod>(method: Method) => answerOf(state, method) as never;
    if ("tools" in state.capabilities) {
      server.setRequestHandler(ListToolsRequestSchema, () => answers("tools/list"));
      server.setRequestHandler(CallToolRequestSchema, () => called);
    }
    if ("prompts" in state.capabilities)
      server.setRequestHandler(ListPromptsRequestSchema, () => answers("prompts/list"));
    if ("resources" in state.capabilities) {
      server.setRequestHandler(ListResourcesRequestSchema, () => answers("resources/list"));
      server.setRequestHandler(ListResourceTemplatesRequestSchema, () => answers("resources/templates/list"));
    }
    const transport = new StreamableHTTPServerTransport({});
    // The SDK's own transports do not fit its interface under `exactOptionalPropertyTypes`.
    await server.connect(transport as Transport);
    await transport.handleRequest(request, response, await json(request));
  });
}

async function startV2(): Promise<ListingServer> {
  const state: Omit<ListingServer, "url" | keyof AsyncDisposable> = { failing: {}, capabilities: all };
  const mcp = createMcpHandler(() => {
    const server = new ServerV2(info, { capabilities: state.capabilities });
    for (const method of Object.keys(offered) as ListMethod[])
      if ((method.split("/")[0] ?? "") in state.capabilities)
        server.setRequestHandler(method, () => answerOf(state, method) as never);
    if ("tools" in state.capabilities) server.setRequestHandler("tools/call", () => called);
    return server;
  });
  const handle = toNodeHandler(mcp);
  return serve(state, (request, response) => handle(request as never, response));
}

function answerOf({ failing }: Pick<ListingServer, "failing">, method: ListMethod): unknown {
  const fail = failing[method];
  return fail ? fail() : offered[method];
}

async function serve(
  state: Omit<ListingServer, "url" | keyof AsyncDisposable>,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<ListingServer> {
  const http = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    http.listen(0, "127.0.0.1", resolve);
  });
  return Object.assign(state, {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => {
        http.close(resolve);
      });
      http.closeAllConnections();
      await closed;
    },
  });
}
