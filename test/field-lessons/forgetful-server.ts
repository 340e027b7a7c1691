/**
 * A real legacy server on SDK 1.32, as its examples are written: what it knows of its clients is in its memory and
 * goes with it. Restarted it listens on the same port, and has forgotten every session, subscription and log level.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolRequestSchema,
  ListResourcesRequestSchema,
  ListToolsRequestSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { logLevels } from "../fixtures/lively/offers.ts";

/** How it tells that it does not know a session: as the specification says, or as the SDK's examples do. */
export const manners = {
  "404": { status: 404, error: { code: -32001, message: "Session not found" } },
  "400": { status: 400, error: { code: -32000, message: "Bad Request: No valid session ID provided" } },
} as const;

export interface ForgetfulServer extends AsyncDisposable {
  readonly url: string;
  /** Of the sessions that it has now. */
  readonly sessions: readonly Session[];
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface Session {
  readonly id: string;
  readonly clientName: string | undefined;
  readonly subscribed: ReadonlySet<string>;
  readonly level: string | undefined;
}

interface Known {
  readonly server: Server;
  readonly transport: StreamableHTTPServerTransport;
  readonly subscribed: Set<string>;
  level: string | undefined;
}

const tools = ["hello", "log", "touch"].map((name) => ({ name, inputSchema: { type: "object" as const } }));
const watched = "test://watched";

export async function startForgetful(manner: keyof typeof manners): Promise<ForgetfulServer> {
  let known = new Map<string, Known>();
  let http: HttpServer | undefined;
  let port = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body: unknown = request.method === "POST" ? await json(request) : undefined;
    const id = request.headers["mcp-session-id"];
    const found = typeof id === "string" ? known.get(id) : undefined;
    if (found) return found.transport.handleRequest(request, response, body);
    if (id === undefined && (body as { method?: string } | undefined)?.method === "initialize")
      return (await open()).handleRequest(request, response, body);
    const { status, error } = manners[manner];
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id: null, error }));
  }

  async function open(): Promise<StreamableHTTPServerTransport> {
    const of = known;
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void of.set(id, session),
      onsessionclosed: (id) => void of.delete(id),
    });
    const session: Known = { server: createSession(), transport, subscribed: new Set(), level: undefined };
    // The SDK's own transports do not fit its interface under `exactOptionalPropertyTypes`.
    await session.server.connect(transport as Transport);
    return transport;

    function createSession(): Server {
      const server = new Server(
        { name: "forgetful", version: "1" },
        { capabilities: { tools: {}, logging: {}, resources: { subscribe: true } } },
      );
      server.setRequestHandler(ListToolsRequestSchema, () => ({ tools }));
      server.setRequestHandler(ListResourcesRequestSchema, () => ({
        resources: [{ uri: watched, name: "watched" }],
      }));
      server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
        session.subscribed.add(params.uri);
        return {};
      });
      server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
        session.level = params.level;
        return {};
      });
      server.setRequestHandler(CallToolRequestSchema, async ({ params }, { sendNotification }) => {
        if (params.name === "log")
          for (const level of logLevels.slice(logLevels.indexOf((session.level ?? "debug") as "debug")))
            await sendNotification({ method: "notifications/message", params: { level, data: level } });
        if (params.name === "touch")
          for (const each of of.values())
            if (each.subscribed.has(watched)) await each.server.sendResourceUpdated({ uri: watched });
        return { content: [{ type: "text" as const, text: params.name }] };
      });
      return server;
    }
  }

  async function start(): Promise<void> {
    http = createServer((request, response) => {
      handle(request, response).catch(() => response.destroy());
    });
    http.listen(port, "127.0.0.1");
    await once(http, "listening");
    port = (http.address() as AddressInfo).port;
  }

  async function stop(): Promise<void> {
    if (http === undefined) return;
    const closed = once(http, "close");
    http.close();
    http.closeAllConnections();
    await closed;
    http = undefined;
    const forgotten = known;
    known = new Map();
    await Promise.all([...forgotten.values()].map(({ server }) => server.close()));
  }

  await start();
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    get sessions() {
      return [...known].map(([id, { server, subscribed, level }]) => ({
        id,
        clientName: server.getClientVersion()?.name,
        subscribed,
        level,
      }));
    },
    start,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
