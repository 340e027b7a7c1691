/**
 * A socket in front of an application: limits on what a client may send and how slowly, and an end
 * that loses no answer. Limits hold for the request only: an answer may stream for days.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { setMaxListeners } from "node:events";
import type { Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { createId } from "@castellan/kernel";
import type { ClientAuthorities } from "../client-certificate/authorities.ts";
import { webFaults } from "../faults.ts";
import { plainAddress } from "../inbound/client-address.ts";
import type { ServerBindings } from "../inbound/environment.ts";
import { problemResponse } from "../inbound/problem.ts";
import type { Refused } from "../inbound/web-app.ts";
import { createAnswerWriter, writeFailure } from "./answer.ts";
import { answerClientError } from "./client-error.ts";
import { drainServer, type DrainOptions, type DrainOutcome } from "./drain.ts";
import { listen } from "./listen.ts";
import { toTlsOptions, type ServerTls } from "./tls.ts";

export interface HttpServerSettings {
  /** What answers: a Hono app, or anything with its `fetch`. */
  readonly app: { fetch(request: Request, env: ServerBindings): Response | Promise<Response> };
  /** The address to listen on: `127.0.0.1`, `::`, `0.0.0.0`. */
  readonly host: string;
  /** 0 takes a free one; the server's `port` says which. */
  readonly port: number;
  /** TLS of our own; absent: plain HTTP, for loopback and behind proxies. */
  readonly tls?: ServerTls | undefined;
  /** With `tls`: clients may prove themselves with certificates from these. The same as of the application. */
  readonly clientAuthorities?: ClientAuthorities | undefined;
  /** Time for a request's headers to arrive. Default 15,000. */
  readonly headersTimeoutMs?: number;
  /** Time for a whole request, body included, to arrive. Default 60,000. */
  readonly requestTimeoutMs?: number;
  /** How long an idle connection is kept. Default 75,000: longer than the 60 s of common load balancers, which must be the ones to close. */
  readonly keepAliveTimeoutMs?: number;
  /** Connections at a time; further ones are closed at once. No limit when absent. */
  readonly maxConnections?: number;
  /** Hears what escaped the application's own error mapper. */
  readonly onError: (error: unknown, requestId: string) => void;
  /** Counts what was not HTTP at all. */
  readonly onRefused?: (refused: Refused) => void;
}

export interface HttpServer extends AsyncDisposable {
  /** `http://127.0.0.1:8080`; `https` with TLS. */
  readonly url: string;
  readonly port: number;
  /** Stops accepting, tells streams to end, waits for what runs, closes. Disposing drains without waiting. */
  drain(options: DrainOptions): Promise<DrainOutcome>;
}

const maxHeaderBytes = 16 * 1024;

/** @throws port_in_use · listen_failed */
export async function startHttpServer(settings: HttpServerSettings): Promise<HttpServer> {
  const draining = new AbortController();
  // Every open stream listens to it.
  setMaxListeners(0, draining.signal);
  const running = new Set<ServerResponse>();
  const { tls, clientAuthorities, headersTimeoutMs = 15_000 } = settings;
  const options = {
    maxHeaderSize: maxHeaderBytes,
    // Node would refuse a request without Host in words of its own; the adapter does, and we say it.
    requireHostHeader: false,
    headersTimeout: headersTimeoutMs,
    requestTimeout: settings.requestTimeoutMs ?? 60_000,
    keepAliveTimeout: settings.keepAliveTimeoutMs ?? 75_000,
    connectionsCheckingInterval: 2000,
  };
  const listener = createListener(settings, running, draining.signal);
  const server =
    tls === undefined
      ? createServer(options, listener)
      : createTlsServer(
          { ...options, handshakeTimeout: headersTimeoutMs, ...toTlsOptions(tls, clientAuthorities) },
          listener,
        );
  const connections = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  if (settings.maxConnections !== undefined) server.maxConnections = settings.maxConnections;
  server.on("clientError", (error, socket) => {
    // A socket that was destroyed has none.
    const address = plainAddress((socket as Socket).remoteAddress);
    const fault = answerClientError(error, socket, running);
    if (fault !== undefined) settings.onRefused?.({ address, code: fault.code });
  });

  const { port } = await listen(server, settings.host, settings.port);
  const drain = (options: DrainOptions) => drainServer({ server, connections, running, draining }, options);
  return {
    url: `${tls === undefined ? "http" : "https"}://${urlHost(settings.host)}:${port}`,
    port,
    drain,
    [Symbol.asyncDispose]: async () => void (await drain({ timeoutMs: 0 })),
  };
}

type RequestListener = NonNullable<Parameters<typeof createServer>[1]>;

/** Hands requests to the application, and knows which answers are under way. */
function createListener(
  { app, onError, onRefused }: HttpServerSettings,
  running: Set<ServerResponse>,
  draining: AbortSignal,
): RequestListener {
  let begun: IncomingMessage | undefined;
  const refuseTarget = (): Response => {
    const fault = webFaults.fault("request_malformed", "The request's target or host is not valid");
    // All that the adapter itself refuses, and before anything is awaited: it is the one that began last.
    onRefused?.({ address: plainAddress(begun?.socket.remoteAddress), code: fault.code });
    return problemResponse(fault, createId("request"));
  };
  const listener = getRequestListener(
    async (request, bindings) => {
      const env = Object.assign(bindings, { draining }) as ServerBindings;
      try {
        await write(await app.fetch(request, env), env.outgoing);
      } catch (error) {
        writeFailure(error, env.outgoing, onError);
      }
      return RESPONSE_ALREADY_SENT;
    },
    { errorHandler: refuseTarget },
  );
  const write = createAnswerWriter(onError);
  function forget(this: ServerResponse): void {
    running.delete(this);
  }
  return (incoming, outgoing) => {
    begun = incoming;
    running.add(outgoing);
    outgoing.once("close", forget);
    // A draining server's clients take their next request elsewhere.
    if (draining.aborted) outgoing.shouldKeepAlive = false;
    void listener(incoming, outgoing);
  };
}

function urlHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
