/**
 * A portal over Streamable HTTP, for clients of both eras on one URL (2025-11-25 and 2026-07-28,
 * transports): POST carries messages, GET opens a legacy session's own stream, DELETE ends a session.
 */
import type { Challenge, Principal } from "@castellan/access";
import {
  ownerOf,
  runCall,
  targetOf,
  unknownPortal,
  type Arrival,
  type CallPorts,
  type PortalAddress,
  type Received,
} from "@castellan/calls";
import { createId, isFault, kernelFaults, type Fault } from "@castellan/kernel";
import { errorText, isModernVersion, mcpFaults, toWireError, type ProtocolHeaders } from "@castellan/mcp";
import {
  clientAddress,
  clientGone,
  drainSignal,
  ownHost,
  readBody,
  requestHeader,
  requestId,
} from "@castellan/web";
import type { Connection as CallerConnection } from "@castellan/policy";
import type { Vault } from "@castellan/vault";
import type { Context } from "hono";
import type { Door } from "../callers/door.ts";
import { connect, type Chooser, type Connection } from "../connections/connection.ts";
import type { PortalDirectory } from "../portals/portal-directory.ts";
import { isAt, type Addresses } from "../resource/addresses.ts";
import type { Hearer } from "../sessions/session-parts.ts";
import type { Session } from "../sessions/session.ts";
import { Exchange } from "./exchange.ts";
import { accepts, checkMediaTypes, faultHeaders, paramHeadersOf, protocolHeadersOf } from "./http-headers.ts";
import { fitsEventId, openEventId } from "../streams/event-id.ts";
import type { ResumableStream } from "../streams/resumable-stream.ts";
import { follow, openStream } from "./open-streams.ts";
import { createPortalView, findSession, type PortalParts } from "./portal-view.ts";
import { resumeStream, type ResumePorts } from "./resume-stream.ts";

export interface PortalEndpointOptions
  extends
    PortalParts,
    ResumePorts,
    Omit<CallPorts, "authenticate" | "findPortal" | "holdCall" | "upstreams" | "vault"> {
  readonly directory: PortalDirectory;
  readonly door: Door;
  readonly addresses: Addresses;
  readonly vault: Vault;
  /** How a request reached us: through trusted proxies only. Without answers of evaluators. */
  readonly connectionOf: (c: Context) => CallerConnection;
  readonly maxBodyBytes: number;
  /** A client that reads nothing for so long of what waits for it is cut off, milliseconds. Default 60,000. */
  readonly stallMs?: number;
  /** Told of each answer that is an error of this house. */
  readonly onFault: (fault: Fault, requestId: string) => void;
  /** Told of each request that was refused before anyone was known. */
  readonly onRefused: (refused: { address: string; code: string }) => void;
}

/** The handlers of a portal's address; each takes the slug that the path names, if it names one. */
export interface PortalEndpoint {
  post(c: Context, named: string | undefined): Promise<Response>;
  get(c: Context, named: string | undefined): Promise<Response>;
  delete(c: Context, named: string | undefined): Promise<Response>;
  /** The way of every call that comes here, for those that no request brings: code that goes on when its request is over. */
  readonly ports: CallPorts;
}

export function createPortalEndpoint(options: PortalEndpointOptions): PortalEndpoint {
  const { directory, clock, door, addresses, underWay, policy, connectionOf, people } = options;

  /** Unknown and not given look the same. Throws `insufficient_scope`, `policy_denied`, `invalid_input`. */
  function connectionAt(address: PortalAddress, chooser: Chooser): Connection | undefined {
    const open = directory.find(address.portalSlug);
    return open && isAt(open, address.ownHost)
      ? connect(open, chooser, address.option, clock.now())
      : undefined;
  }

  function admit(arrival: Arrival): Principal | Promise<Principal> {
    const principal = door.admit(arrival);
    return principal instanceof Promise ? principal.then(withChoices) : withChoices(principal);
  }

  /** What they have chosen is known from then on, as long as anybody speaks of this principal. */
  function withChoices(principal: Principal): Principal | Promise<Principal> {
    const meeting = people?.choices.meet(principal);
    return meeting ? meeting.then(() => principal) : principal;
  }

  /** What is theirs to have, beside rights and rules. Each person has accounts of their own, or could have. */
  function standingOf(principal: Principal, portal: string): Pick<Chooser, "choices" | "isOpenTo" | "lists"> {
    const choices = people?.choices.of(principal);
    const lists = options.personal;
    if (principal.kind === "user") return { choices, lists };
    const owner = ownerOf(principal, portal);
    return {
      choices,
      lists,
      isOpenTo: (server) => options.credentials.isOpenTo(targetOf(server), owner),
    };
  }

  const ports: CallPorts = {
    ...options,
    authenticate: admit,
    holdCall: (call) => underWay.hold(call),
    findPortal(address, principal, judge) {
      const standing = standingOf(principal, address.portalSlug);
      const connection = connectionAt(address, { principal, judge, ...standing });
      return connection && createPortalView(connection, options);
    },
  };

  function addressOf(c: Context, named: string | undefined): PortalAddress {
    const place = { named, ownHost: ownHost(c) };
    return {
      portalSlug: addresses.slugAt(place),
      ownHost: place.ownHost,
      option: (name) => c.req.queries(name) ?? [],
    };
  }

  async function admitSession(
    c: Context,
    named: string | undefined,
  ): Promise<{ session: Session; connection: CallerConnection } & Chooser> {
    const address = addressOf(c, named);
    const authorization = requestHeader(c, "authorization");
    const principal = await admit({ ...address, authorization, address: clientAddress(c) });
    const connection = connectionOf(c);
    const judge = await policy.judge(principal, connection, address.portalSlug);
    const chooser = { principal, judge, ...standingOf(principal, address.portalSlug) };
    const open = connectionAt(address, chooser)?.open;
    if (!open) throw unknownPortal(address, principal);
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
    const session = await findSession(sessionId, principal, open, options);
    return { session, connection, ...chooser };
  }

  /**
   * The stream that a client may take up again where it broke off: of 2025-11-25, whose clients know what
   * the event without a message at its beginning is for (SEP-1699), and once it is known which request of
   * which session it answers.
   */
  function resumableOf(
    { protocolVersion, sessionId }: ProtocolHeaders,
    cancel: AbortController,
  ): ResumableStream | undefined {
    if (protocolVersion !== "2025-11-25" || sessionId === undefined) return undefined;
    const session = options.sessions.known(sessionId);
    const requestId = session?.requestOf(cancel);
    if (!session || requestId === undefined || !fitsEventId(requestId)) return undefined;
    return options.resumable.begin({ sessionId, principalId: session.principalId, requestId });
  }

  /** Answers a fault of a request without a JSON-RPC message in the way of one that has. */
  function refuse(c: Context, named: string | undefined, error: unknown): Response {
    const fault = isFault(error)
      ? error
      : kernelFaults.fault("internal_error", `Something went wrong here (request ${requestId(c)})`, {
          cause: error,
        });
    tell(c, fault);
    const { error: body, status } = toWireError(fault, "legacy", requestId(c));
    return new Response(errorText(null, body), {
      status,
      headers: { "content-type": "application/json", ...faultHeaders(fault, wayTo(c, named)) },
    });
  }

  /** How to come in where this request came to. */
  function wayTo(c: Context, named: string | undefined): () => Challenge | undefined {
    return () => addresses.challengeAt({ named, ownHost: ownHost(c), host: requestHeader(c, "host") });
  }

  function tell(c: Context, fault: Fault): void {
    // What passes by itself would fill the log with one line a request.
    if (fault.owner === "system" && !fault.retryable) options.onFault(fault, requestId(c));
    if (fault.status === 401) options.onRefused({ address: clientAddress(c), code: fault.code });
  }

  return {
    ports,

    async post(c, named) {
      const cancel = new AbortController();
      const protocolHeaders = protocolHeadersOf(c);
      const isModern = isModernVersion(protocolHeaders.protocolVersion);
      let exchange: Exchange;
      let acceptsStream: boolean;
      try {
        ({ acceptsStream } = checkMediaTypes(c));
        exchange = new Exchange({
          acceptsStream,
          stallMs: options.stallMs,
          resumable: () => resumableOf(protocolHeaders, cancel),
          // In the modern era to hang up is to cancel; in the legacy era it is not (2025-11-25, transports).
          onGone: (reason) => {
            if (isModern || reason === "slow")
              cancel.abort(kernelFaults.fault("cancelled", `The client is ${reason}`));
          },
        });
      } catch (error) {
        return refuse(c, named, error);
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
        connection: connectionOf(c),
        ...addressOf(c, named),
        authorization: requestHeader(c, "authorization"),
        protocolHeaders,
        header: (name) => requestHeader(c, name),
        paramHeaders: () => paramHeadersOf(c),
        readBody: () => readBody(c, { maxBytes: options.maxBodyBytes }),
        acceptsStream,
        cancel,
        draining: drainSignal(c),
        relay: (text) => exchange.relay(text),
      };
      void answer(c, named, exchange, received);
      return exchange.response;
    },

    async get(c, named) {
      try {
        // Hono serves HEAD by GET; a stream without a reader would be the session's first for ever.
        if (c.req.method === "HEAD") throw mcpFaults.fault("http_method_unsupported", "HEAD is not served");
        const { session, connection, ...chooser } = await admitSession(c, named);
        const { principal, judge } = chooser;
        if (!accepts(c).stream)
          throw mcpFaults.fault("not_acceptable", "GET is served as text/event-stream only");
        const lastEventId = requestHeader(c, "last-event-id");
        const listener = listenerOf(c, session, chooser);
        const over = new AbortController();
        const watched = underWay.watch({
          principal,
          judge,
          connection,
          authorization: requestHeader(c, "authorization"),
          portal: session.portal,
          onChange(now) {
            Object.assign(listener, now);
            session.stream.portalChanged();
          },
          // The session itself is the caller's, who may have another token for it.
          onEnd: () => over.abort(),
        });
        const { stallMs } = options;
        const stream = { draining: drainSignal(c), ended: over.signal, watched, stallMs };
        // An id that was not made for this session says nothing: it gets the session's own stream.
        const place =
          lastEventId === undefined ? undefined : openEventId(options.vault, session.id, lastEventId);
        if (place) return resumeStream(place, { ...stream, session, requestId: requestId(c) }, options);
        return await openStream(session, { ...stream, listener: () => listener });
      } catch (error) {
        return refuse(c, named, error);
      }
    },

    async delete(c, named) {
      try {
        const { session } = await admitSession(c, named);
        await options.sessions.end(session);
        return new Response(null, { status: 204 });
      } catch (error) {
        return refuse(c, named, error);
      }
    },
  };

  function listenerOf(c: Context, session: Session, chooser: Chooser): Hearer {
    return {
      ...chooser,
      portal: session.portal,
      era: "legacy",
      requestId: requestId(c),
      callId: undefined,
      address: clientAddress(c),
      sessionId: session.id,
      clientName: session.clientName,
      clientVersion: session.clientVersion,
    };
  }

  async function answer(
    c: Context,
    named: string | undefined,
    exchange: Exchange,
    received: Received,
  ): Promise<void> {
    try {
      const outcome = await runCall(received, ports);
      if (outcome.fault) tell(c, outcome.fault);
      const headers = {
        ...outcome.headers,
        ...(outcome.fault && faultHeaders(outcome.fault, wayTo(c, named))),
      };
      const text = outcome.stream ? await follow(exchange, outcome, received, drainSignal(c)) : outcome.text;
      exchange.finish(outcome.status, text, headers);
    } catch (error) {
      const response = refuse(c, named, error);
      exchange.finish(response.status, await response.text());
    }
  }
}
