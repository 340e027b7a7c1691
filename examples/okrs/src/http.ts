/**
 * The service on a socket: `/mcp` speaks MCP 2026-07-28 and, statelessly, the revisions before it;
 * `/health` answers 200. Host and Origin are checked, since a page in a browser can reach a server on
 * loopback by a name of its own (DNS rebinding).
 */
import { type IncomingMessage, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostHeaderValidation, originValidation, toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { objectiveUri, quarterUri } from "./resources.ts";
import { createOkrServer } from "./server.ts";
import { openStore } from "./store.ts";

export interface ServeOptions {
  /** Zero takes any free port. */
  readonly port?: number;
  readonly host?: string;
  /** Host names by which it may be called besides loopback's and `host`. */
  readonly allowedHosts?: readonly string[];
  /** The JSON file that keeps the objectives; in memory when absent. */
  readonly dataFile?: string | undefined;
  readonly now?: () => Date;
  readonly onError?: (error: unknown) => void;
}

export interface Service extends AsyncDisposable {
  /** Where MCP is spoken: `http://127.0.0.1:41234/mcp`. */
  readonly url: string;
}

/** What Node types as optional is there on the requests of a server. */
type ServerRequest = IncomingMessage & { url: string; method: string };

export async function serve(options: ServeOptions = {}): Promise<Service> {
  const {
    port = 0,
    host = "127.0.0.1",
    allowedHosts = [],
    now = () => new Date(),
    onError = () => {},
  } = options;
  const store = await openStore(options.dataFile);
  const desk = { store, now, onError };
  const mcp = createMcpHandler(({ era }) => createOkrServer(desk, era), { onerror: onError });
  store.onChange(({ objective, kind }) => {
    if (kind !== "changed") mcp.notify.resourcesChanged();
    mcp.notify.resourceUpdated(objectiveUri(objective.id));
    mcp.notify.resourceUpdated(quarterUri(objective.quarter));
  });

  const names = ["localhost", "127.0.0.1", "[::1]", host, ...allowedHosts];
  const isHostAllowed = hostHeaderValidation(names);
  const isOriginAllowed = originValidation(names);
  const answerMcp = toNodeHandler(mcp, { onerror: onError });

  let closing = false;
  const http = createServer((request, response) => {
    // A connection that is kept alive would hold up the close until the client lets go of it.
    response.once("close", () => closing && http.closeIdleConnections());
    if (!isHostAllowed(request, response) || !isOriginAllowed(request, response)) return;
    const path = request.url?.split("?", 1)[0];
    if (path === "/mcp") answerMcp(request as ServerRequest, response).catch(onError);
    else if (path === "/health") response.writeHead(200, { "content-type": "text/plain" }).end("ok\n");
    else response.writeHead(404, { "content-type": "text/plain" }).end("Not here. MCP is at /mcp.\n");
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, host, resolve);
  });
  const name = host.includes(":") ? `[${host}]` : host;

  return {
    url: `http://${name}:${(http.address() as AddressInfo).port}/mcp`,
    async [Symbol.asyncDispose]() {
      closing = true;
      const closed = new Promise<void>((resolve) => {
        http.close(() => resolve());
      });
      // Ends the subscription streams, which would otherwise keep their connections open for good.
      await mcp.close();
      await closed;
    },
  };
}
