/**
 * An MCP server out there that lets nobody in without a token of its authorization server (MCP 2026-07-28,
 * authorization): a real one on the official SDK, of either era. It knows whose each request is, tells what it was sent,
 * and notes who came with a session of somebody else.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler, type NodeIncomingMessageLike } from "@modelcontextprotocol/node";
import type { AuthorizationServer, TokenFacts } from "@castellan/credentials/testing";
import { openDesk, type Desk, type DeskEra } from "./desk.ts";
import type { Needs, OwnThings } from "./notes.ts";

export interface ProtectedServerOptions {
  /** Absent: whoever comes is told 401 in vain, or is let in with `knows`. */
  readonly authorizationServer?: AuthorizationServer;
  /** Default `modern`. */
  readonly era?: DeskEra;
  /** Whose a token is that no authorization server gave: an API key, a JWT. */
  readonly knows?: (token: string) => string | undefined | Promise<string | undefined>;
  /** Where a token stands, and after what. Default `authorization`, `Bearer `. */
  readonly place?: { readonly header: string; readonly prefix: string };
  /** Named in a 401 challenge. Default none: those of the metadata are asked for. */
  readonly firstScope?: string;
  /** Scopes that these tools need. Default none. */
  readonly needs?: Needs;
  /** Where its metadata is told of: in the challenge (default), at the well-known place only, or nowhere (2025-03-26). */
  readonly metadata?: "challenge" | "well_known" | "none";
  /** The resource that it says it is (RFC 9728), by its URL. Default that. */
  readonly resourceOf?: (url: string) => string;
  /** What somebody is listed beside what everybody is, as it is now. */
  readonly own?: (user: string) => OwnThings;
  /** Whether tokens must be for it (RFC 8707). Default true. */
  readonly checksAudience?: boolean;
}

export interface ProtectedServer extends AsyncDisposable {
  /** `http://127.0.0.1:{port}/mcp` */
  readonly url: string;
  readonly authorizationServer: AuthorizationServer | undefined;
  readonly notesOf: (user: string) => readonly string[];
  /** What the sessions of somebody are subscribed to (legacy). */
  readonly subscriptionsOf: (user: string) => readonly string[];
  /** Requests that were let in, in order. */
  readonly visits: readonly Visit[];
  /** Requests that were refused: the status, and whose they were if that is known. */
  readonly refusals: readonly { readonly status: number; readonly user: string | undefined }[];
  /** Somebody came with a session of somebody else. It must stay empty. */
  readonly strangers: readonly string[];
  /** Everything that it was told: lines of heads and bodies. */
  readonly heard: readonly string[];
  /** Refuses whatever comes in this way from now on: a 401 to good tokens. */
  refuse: ((visit: Visit) => 401 | 403 | undefined) | undefined;
  /** What it waits for before it answers. */
  hold: ((visit: Visit) => Promise<void> | undefined) | undefined;
}

export interface Visit {
  readonly user: string;
  readonly token: string;
  /** `GET`, `DELETE`, or the JSON-RPC method. */
  readonly method: string;
  /** Of a tool, a prompt or a resource. */
  readonly name: string | undefined;
}

export async function startProtectedServer(options: ProtectedServerOptions = {}): Promise<ProtectedServer> {
  const server = new NotesServer(options);
  await server.listen();
  return server;
}

const wellKnown = "/.well-known/oauth-protected-resource";

class NotesServer implements ProtectedServer {
  readonly visits: Visit[] = [];
  readonly refusals: { status: number; user: string | undefined }[] = [];
  readonly strangers: string[] = [];
  readonly heard: string[] = [];
  refuse: ProtectedServer["refuse"];
  hold: ProtectedServer["hold"];
  readonly #options: ProtectedServerOptions;
  readonly #desks = new Map<string, Desk>();
  readonly #http = createServer();

  constructor(options: ProtectedServerOptions) {
    this.#options = options;
  }

  get #origin(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.#origin}/mcp`;
  }

  get authorizationServer(): AuthorizationServer | undefined {
    return this.#options.authorizationServer;
  }

  notesOf(user: string): readonly string[] {
    return this.#deskOf(user).notes;
  }

  subscriptionsOf(user: string): readonly string[] {
    return this.#deskOf(user).subscribed;
  }

  async listen(): Promise<void> {
    const handle = toNodeHandler({ fetch: (request) => this.#answer(request) });
    // The adapter's type of a request does not fit Node's own under `exactOptionalPropertyTypes`.
    this.#http.on("request", (request: IncomingMessage, response) => {
      handle(request as NodeIncomingMessageLike, response).catch(() => response.destroy());
    });
    this.#http.listen(0, "127.0.0.1");
    await once(this.#http, "listening");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#http, "close");
    this.#http.close();
    await Promise.all([...this.#desks.values()].map((desk) => desk[Symbol.asyncDispose]()));
    this.#http.closeAllConnections();
    await closed;
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const body = await request.clone().text();
    this.heard.push(`${request.method} ${request.url} ${JSON.stringify([...request.headers])} ${body}`);
    if (pathname !== "/mcp") return this.#describe(pathname);
    const { header, prefix } = this.#options.place ?? { header: "authorization", prefix: "Bearer " };
    const sent = request.headers.get(header);
    const token = sent?.startsWith(prefix) ? sent.slice(prefix.length) : undefined;
    const facts = token === undefined ? undefined : await this.#factsOf(token);
    if (token === undefined || facts === undefined)
      return this.#challenge(401, token === undefined ? {} : { error: "invalid_token" });
    const visit = { user: facts.user ?? facts.clientId, token, ...toVisit(request, body) };
    const refused = this.refuse?.(visit);
    if (refused !== undefined) return this.#challenge(refused, { error: "invalid_token" }, visit.user);
    const needed = visit.method === "tools/call" ? this.#options.needs?.[visit.name ?? ""] : undefined;
    if (needed !== undefined && !facts.scopes.includes(needed))
      return this.#challenge(403, { error: "insufficient_scope", scope: needed }, visit.user);
    const session = request.headers.get("mcp-session-id");
    for (const [user, desk] of this.#desks)
      if (session !== null && user !== visit.user && desk.has(session))
        this.strangers.push(`${visit.user} came with a session of ${user}`);
    this.visits.push(visit);
    await this.hold?.(visit);
    return this.#deskOf(visit.user).answer(request);
  }

  async #factsOf(token: string): Promise<TokenFacts | undefined> {
    const { authorizationServer, knows, checksAudience = true } = this.#options;
    const user = await knows?.(token);
    if (user !== undefined) return { user, clientId: "", scopes: [], audience: undefined };
    const facts = await authorizationServer?.factsOf(token);
    const isForUs = !checksAudience || facts?.audience === this.#resource;
    return isForUs ? facts : undefined;
  }

  get #resource(): string {
    return this.#options.resourceOf?.(this.url) ?? this.url;
  }

  #describe(pathname: string): Response {
    const { authorizationServer, metadata } = this.#options;
    if (!authorizationServer || metadata === "none" || pathname !== `${wellKnown}/mcp`)
      return new Response(null, { status: 404 });
    const { issuer } = authorizationServer;
    return Response.json({
      resource: this.#resource,
      authorization_servers: [issuer],
      scopes_supported: ["read", "write"],
      bearer_methods_supported: ["header"],
    });
  }

  #challenge(status: 401 | 403, more: Readonly<Record<string, string>>, user?: string): Response {
    const { metadata = "challenge", firstScope } = this.#options;
    const parameters = {
      ...(metadata === "challenge" && { resource_metadata: `${this.#origin}${wellKnown}/mcp` }),
      ...(status === 401 && firstScope !== undefined && { scope: firstScope }),
      ...more,
    };
    const text = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
    this.refusals.push({ status, user });
    return new Response(`${status} ${more["error"] ?? "no token"}`, {
      status,
      headers: { "www-authenticate": text.length === 0 ? "Bearer" : `Bearer ${text.join(", ")}` },
    });
  }

  #open(user: string): Desk {
    const { era = "modern", own } = this.#options;
    return openDesk(user, era, own && (() => own(user)));
  }

  #deskOf(user: string): Desk {
    const desk = this.#desks.get(user) ?? this.#open(user);
    this.#desks.set(user, desk);
    return desk;
  }
}

function toVisit(request: Request, body: string): Pick<Visit, "method" | "name"> {
  if (request.method !== "POST") return { method: request.method, name: undefined };
  const { method, params } = JSON.parse(body) as {
    method?: string;
    params?: { name?: string; uri?: string };
  };
  return { method: method ?? "answer", name: params?.name ?? params?.uri };
}
