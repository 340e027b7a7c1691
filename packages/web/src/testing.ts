/** For tests: an app behind a real socket, a client that writes what it likes, and a browser without a screen. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Hono } from "hono";
import { request } from "undici";
import { createWebApp, type Refused, type WebAppSettings } from "./inbound/web-app.ts";
import { startHttpServer, type HttpServer, type HttpServerSettings } from "./server/http-server.ts";

export { createAuthority, serve, serveProxy } from "./outbound/testing.ts";
export { createTestAuthority } from "./client-certificate/testing.ts";
export { RedirectBrowser } from "./pages/redirect-browser.ts";
export { TestBrowser, type ShownPage } from "./pages/testing.ts";

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

export interface Served extends AsyncDisposable {
  readonly server: HttpServer;
  readonly errors: unknown[];
  readonly refused: Refused[];
  send(
    path: string,
    init?: { method?: string; headers?: Record<string, string>; body?: string },
  ): Promise<Answer>;
}

/** Serves an app with these settings on a free loopback port. */
export async function serveApp(
  addRoutes: (app: Hono) => void,
  settings: Partial<WebAppSettings & HttpServerSettings> = {},
): Promise<Served> {
  const errors: unknown[] = [];
  const refused: Refused[] = [];
  const hooks = {
    onError: (error: unknown) => errors.push(error),
    onRefused: (one: Refused) => refused.push(one),
  };
  const app = createWebApp({ publicUrl: "https://mcp.example.com", isLoopback: true, ...hooks, ...settings });
  addRoutes(app);
  const server = await startHttpServer({ host: "127.0.0.1", port: 0, ...hooks, ...settings, app });
  const send: Served["send"] = async (path, { method = "GET", headers = {}, body } = {}) => {
    const answer = await request(`${server.url}${path}`, {
      method: method as "GET",
      headers,
      body: body ?? null,
    });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  };
  return { server, errors, refused, send, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Opens a bare connection. */
export async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

/** Everything the other end sends until it closes. */
export async function readAll(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  await once(socket, "close");
  return text;
}
