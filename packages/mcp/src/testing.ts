/** What the tests of this package share: a server that answers what a test says, and a line to it. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { isFault } from "@castellan/kernel";
import { Agent } from "undici";
import { messageEvent } from "./sse/write.ts";
import { defaultUpstreamLimits, type UpstreamLimits, type UpstreamTarget } from "./upstream/channel.ts";

export interface SeenRequest {
  readonly httpMethod: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Members of the JSON-RPC message; undefined for a body that is none. */
  readonly id: unknown;
  readonly method: string | undefined;
  readonly params: Record<string, unknown>;
  /** Which connection of the server it came over, from 1. */
  readonly connection: number;
  /** Resolves when the exchange is over; false when it was cut before the answer was complete. */
  readonly ended: Promise<boolean>;
}

export interface TestServer extends AsyncDisposable {
  readonly url: URL;
  readonly seen: readonly SeenRequest[];
  /** The first request that matches, of those that came and those that will. */
  when(matches: (request: SeenRequest) => boolean): Promise<SeenRequest>;
  /** A target at this server. */
  target(limits?: Partial<UpstreamLimits>, path?: string): UpstreamTarget;
}

export async function startServer(
  handle: (request: SeenRequest, response: ServerResponse) => void,
): Promise<TestServer> {
  const seen: SeenRequest[] = [];
  const waiting = new Set<() => void>();
  const sockets = new Map<Socket, number>();
  const agent = new Agent();
  const http = createServer(async (incoming, response) => {
    const ended = once(response, "close").then(() => response.writableFinished);
    const body = await text(incoming);
    const message = parsed(body);
    const request: SeenRequest = {
      httpMethod: incoming.method ?? "",
      path: incoming.url ?? "",
      headers: incoming.headers,
      body,
      id: message["id"],
      method: message["method"] as string | undefined,
      params: (message["params"] ?? {}) as Record<string, unknown>,
      connection: sockets.get(incoming.socket) ?? 0,
      ended,
    };
    seen.push(request);
    for (const look of waiting) look();
    handle(request, response);
  });
  http.on("connection", (socket: Socket) => sockets.set(socket, sockets.size + 1));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`);
  return {
    url,
    seen,
    async when(matches) {
      for (;;) {
        const found = seen.find(matches);
        if (found) return found;
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.add(resolve);
        await promise;
        waiting.delete(resolve);
      }
    },
    target: (limits = {}, path = "/mcp") => ({
      url: new URL(path, url),
      dispatcher: agent,
      headers: { authorization: "Bearer of-the-server" },
      limits: { ...defaultUpstreamLimits, ...limits },
    }),
    async [Symbol.asyncDispose]() {
      await agent.destroy();
      http.close();
      http.closeAllConnections();
    },
  };
}

/** A whole answer as JSON. */
export function answerJson(
  response: ServerResponse,
  body: string,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
}

/** The head of an event stream, and its first messages. */
export function openEvents(response: ServerResponse, ...messages: string[]): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
  for (const message of messages) response.write(messageEvent(message));
}

export function result(id: unknown, text: string): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${text}}`;
}

export function rpcError(id: unknown, code: number, message = "no"): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } });
}

/** The result of `initialize`. */
export const legacyHello =
  '{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}';

/** The result of `server/discover`. */
export const modernHello =
  '{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}';

function parsed(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** `answered`, or the code of the fault; anything else that is thrown is a defect. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "answered";
  } catch (error) {
    return isFault(error) ? error.code : `defect: ${String(error)}`;
  }
}
