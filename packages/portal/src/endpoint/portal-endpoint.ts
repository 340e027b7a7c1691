/**
 * A portal over Streamable HTTP, for clients of both eras on one URL (2025-11-25 and 2026-07-28,
 * transports): POST carries messages, GET opens a legacy session's own stream, DELETE ends a session.
 */
import type { Principal } from "@castellan/access";
import { callFaults, runCall, type CallPorts, type Outcome, type Received } from "@castellan/calls";
import { createId, isFault, kernelFaults, type Fault } from "@castellan/kernel";
import { errorText, isModernVersion, mcpFaults, toWireError, type ProtocolHeaders } from "@castellan/mcp";
import { clientAddress, clientGone, drainSignal, readBody, requestHeader, requestId } from "@castellan/web";
import type { Context } from "hono";
import type { OpenPortal, PortalDirectory } from "../portals/portal-directory.ts";
import type { Session } from "../sessions/session.ts";
import { Exchange } from "./exchange.ts";
import { createPortalView, findSession, type PortalParts } from "./portal-view.ts";
import type { WatchedStreams } from "./watched-streams.ts";

export interface PortalEndpointOptions extends PortalParts, Omit<CallPorts, "findPortal" | "upstreams"> {
  readonly directory: PortalDirectory;
  readonly streams: WatchedStreams;
  readonly maxBodyBytes: number;
  /** Told of each answer that is an error of this house. */
  readonly onFault: (fault: Fault, requestId: string) => void;
  /** Told of each request that was refused before anyone was known. */
  readonly onRefused: (refused: { address: string; code: string }) => void;
}

/** The handlers of a portal's address; each takes the portal's slug. */
export interface PortalEndpoint {
  post(c: Context, slug: string): Promise<Response>;
  get(c: Context, slug: string): Promise<Response>;
  delete(c: Context, slug: string): Promise<Response>;
}

export function createPortalEndpoint(options: PortalEndpointOptions): PortalEndpoint {
  const { directory, clock } = options;

  /** Unknown and not given look the same. */
  function openFor(slug: string, principal: Principal): OpenPortal | undefined {
    return principal.portals.includes(slug) ? directory.find(slug) : undefined;
  }

  const ports: CallPorts = {
    ...options,
    findPortal(slug, principal) {
      const open = openFor(slug, principal);
      return open && createPortalView(open, options);
    },
  };

  async function admitSession(c: Context, slug: string): Promise<{ session: Session }> {
    const principal = await options.authenticate(requestHeader(c, "authorization"));
    const open = openFor(slug, principal);
    if (!open)
      throw callFaults.fault("portal_unknown", `There is no portal "${slug.slice(0, 64)}" for this caller`);
    const { protocolVersion, sessionId } = protocolHeadersOf(c);
    if (isModernVersion(protocolVersion))
      throw mcpFaults.fault("http_method_unsupported", "Only POST is served in protocol version 2026-07-28");
    if (sessionId === undefined)
      throw mcpFaults.fault(
        "session_required",
        "Header Mcp-Session-Id is missing: begin with a POST of initialize",
        {
          field: "Mcp-Session-Id",
        },
      );
    return { session: findSession(sessionId, principal, open, options) };
  }

  /** Answers a fault of a request without a JSON-RPC message in the way of one that has. */
  function refuse(c: Context, error: unknown): Response {
    const fault = isFault(error)
      ? error
      : kernelFaults.fault("internal_error", `Something went wrong here (request ${requestId(c)})`, {
          cause: error,
        });
    tell(c, fault);
    const { error: body, status } = toWireError(fault, "legacy", requestId(c));
    return new Response(errorText(null, body), {
      status,
      headers: { "content-type": "application/json", ...faultHeaders(fault) },
    });
  }

  function tell(c: Context, fault: Fault): void {
    if (fault.owner === "system") options.onFault(fault, requestId(c));
    if (fault.status === 401) options.onRefused({ address: clientAddress(c), code: fault.code });
  }

  return {
    async post(c, slug) {
      const cancel = new AbortController();
      const protocolHeaders = protocolHeadersOf(c);
      const isModern = isModernVersion(protocolHeaders.protocolVersion);
      let exchange: Exchange;
      let acceptsStream: boolean;
      try {
        ({ acceptsStream } = checkMediaTypes(c));
        exchange = new Exchange({
          acceptsStream,
          // In the modern era to hang up is to cancel; in the legacy era it is not (2025-11-25, transports).
          onGone: (reason) => {
            if (isModern || reason === "slow")
              cancel.abort(kernelFaults.fault("cancelled", `The client is ${reason}`));
          },
        });
      } catch (error) {
        return refuse(c, error);
      }
      if (isModern) {
        const gone = clientGone(c);
        gone.addEventListener("abort", () => cancel.abort(gone.reason), { once: true });
      }
      const received: Received = {
        id: createId("call"),
        requestId: requestId(c),
        receivedAtMs: clock.now(),
        startedMs: clock.monotonic(),
        address: clientAddress(c),
        portalSlug: slug,
        authorization: requestHeader(c, "authorization"),
        protocolHeaders,
        header: (name) => requestHeader(c, name),
        readBody: () => readBody(c, { maxBytes: options.maxBodyBytes }),
        acceptsStream,
        cancel,
        relay: (text) => exchange.relay(text),
      };
      void answer(c, exchange, received);
      return exchange.response;
    },

    async get(c, slug) {
      try {
        // Hono serves HEAD by GET; a stream without a reader would be the session's first for ever.
        if (c.req.method === "HEAD") throw mcpFaults.fault("http_method_unsupported", "HEAD is not served");
        const { session } = await admitSession(c, slug);
        if (!accepts(c).stream)
          throw mcpFaults.fault("not_acceptable", "GET is served as text/event-stream only");
        const watched = options.streams.watch({
          authorization: requestHeader(c, "authorization"),
          portal: slug,
          end: () => void options.sessions.end(session),
        });
        return openStream(session, drainSignal(c), watched);
      } catch (error) {
        return refuse(c, error);
      }
    },

    async delete(c, slug) {
      try {
        const { session } = await admitSession(c, slug);
        await options.sessions.end(session);
        return new Response(null, { status: 204 });
      } catch (error) {
        return refuse(c, error);
      }
    },
  };

  /** A subscription, for as long as its caller would be let in. */
  async function followWatched(
    exchange: Exchange,
    outcome: Outcome,
    received: Received,
    draining: AbortSignal,
  ): Promise<string | undefined> {
    using _watched = options.streams.watch({
      authorization: received.authorization,
      portal: received.portalSlug,
      end: () => received.cancel.abort(kernelFaults.fault("cancelled", "The token is no longer valid")),
    });
    return await follow(exchange, outcome, received, draining);
  }

  async function answer(c: Context, exchange: Exchange, received: Received): Promise<void> {
    try {
      const outcome = await runCall(received, ports);
      if (outcome.fault) tell(c, outcome.fault);
      const headers = { ...outcome.headers, ...(outcome.fault && faultHeaders(outcome.fault)) };
      const text = outcome.stream
        ? await followWatched(exchange, outcome, received, drainSignal(c))
        : outcome.text;
      exchange.finish(outcome.status, text, headers);
    } catch (error) {
      const response = refuse(c, error);
      exchange.finish(response.status, await response.text());
    }
  }
}

/** Sends what follows for as long as the client stays and the server runs; resolves to the last message. */
async function follow(
  exchange: Exchange,
  { stream, text }: Outcome,
  { cancel }: Received,
  draining: AbortSignal,
): Promise<string | undefined> {
  const stop = () => cancel.abort(kernelFaults.fault("shutting_down", "The server is stopping"));
  if (draining.aborted) stop();
  draining.addEventListener("abort", stop, { once: true });
  try {
    exchange.open();
    await stream?.((message) => exchange.relay(message));
    return text;
  } finally {
    draining.removeEventListener("abort", stop);
  }
}

/** The stream of a legacy session, for what is said outside of requests. Its headers leave at once. */
function openStream(session: Session, draining: AbortSignal, watched: Disposable): Promise<Response> {
  const done = AbortSignal.any([session.ended, draining]);
  const exchange = new Exchange({ acceptsStream: true, onGone: () => close() });
  const attached = session.attach((text) => exchange.relay(text));
  const close = () => {
    done.removeEventListener("abort", close);
    attached[Symbol.dispose]();
    watched[Symbol.dispose]();
    exchange.finish(200, undefined);
  };
  exchange.open();
  if (done.aborted) close();
  else done.addEventListener("abort", close, { once: true });
  return exchange.response;
}

function protocolHeadersOf(c: Context): ProtocolHeaders {
  return {
    protocolVersion: requestHeader(c, "mcp-protocol-version"),
    sessionId: requestHeader(c, "mcp-session-id"),
    method: requestHeader(c, "mcp-method"),
    name: requestHeader(c, "mcp-name"),
  };
}

/** Throws `media_type_unsupported`, `not_acceptable`. */
function checkMediaTypes(c: Context): { acceptsStream: boolean } {
  const type = requestHeader(c, "content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json")
    throw mcpFaults.fault("media_type_unsupported", "Send messages with Content-Type: application/json", {
      field: "Content-Type",
    });
  const accepted = accepts(c);
  if (!accepted.json)
    throw mcpFaults.fault("not_acceptable", "Accept must list application/json and text/event-stream", {
      field: "Accept",
    });
  return { acceptsStream: accepted.stream };
}

function accepts(c: Context): { json: boolean; stream: boolean } {
  const accept = requestHeader(c, "accept")?.toLowerCase() ?? "*/*";
  const any = accept.includes("*/*");
  return {
    json: any || accept.includes("application/json") || accept.includes("application/*"),
    stream: any || accept.includes("text/event-stream") || accept.includes("text/*"),
  };
}

/** RFC 6750 §3: a 401 says how to come in; RFC 9110 §15.5.6: a 405 says what is served instead. */
function faultHeaders({ status, code }: Fault): Readonly<Record<string, string>> {
  if (status === 401)
    return { "www-authenticate": code === "token_missing" ? "Bearer" : 'Bearer error="invalid_token"' };
  if (status === 405) return { allow: "POST" };
  if (status === 503 || status === 429) return { "retry-after": "1" };
  return {};
}
