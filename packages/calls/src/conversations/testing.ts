/**
 * What the tests of conversations share: legacy servers over real HTTP that do what a test says, and
 * replicas over one database, each with everything that a call of a modern client needs.
 */
import { accessMigrations } from "@castellan/access";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as bodyOf } from "node:stream/consumers";
import type { Principal } from "@castellan/access";
import type { CallRecord } from "@castellan/audit";
import { changeMigrations, createChangeFeed, sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, createManualClock, systemClock, type Slug } from "@castellan/kernel";
import {
  clientFeatures,
  defaultUpstreamLimits,
  messageEvent,
  requestText,
  type ClientFeature,
  type LegacyTransport,
  type UpstreamLimits,
} from "@castellan/mcp";
import { createRemoteStreams, createReplicas, replicaMigrations } from "@castellan/replicas";
import { createVault, generateMasterKey } from "@castellan/vault";
import { createOutbound } from "@castellan/web";
import { afterAll } from "vitest";
import type { PortalAddress, PortalView, Received } from "../call.ts";
import { createCatalog } from "../catalog/catalog.ts";
import type { CallCredentials } from "../credentials/ports.ts";
import { createDefinitionStore } from "../catalog/definition-store.ts";
import { definitionKinds } from "../catalog/definition.ts";
import { createScope } from "../catalog/offering.ts";
import { callMigrations } from "../migrations.ts";
import { createCallLimiter } from "../limits/call-limiter.ts";
import { createCircuits } from "../limits/circuits.ts";
import { createRequestStates } from "../request-state/request-states.ts";
import { runCall } from "../run-call.ts";
import { createServerStore } from "../servers/server-store.ts";
import type { CallPorts } from "../stages/stage.ts";
import {
  findings,
  newServer,
  plainConnection,
  withoutCredentials,
  withoutLinks,
  withoutRules,
} from "../testing.ts";
import { createLinePool, type LineLimits, type LinePool } from "../upstreams/line-pool.ts";
import { createUpstreams } from "../upstreams/upstreams.ts";
import { defaultConversationLimits, type ConversationLimits } from "./limits.ts";
import { createConversations, type Conversations } from "./conversations.ts";

/** Parsed JSON, of which the test knows what it is. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

/** One request at a legacy server, and what its script may do meanwhile. */
export interface ServerCall {
  readonly method: string;
  readonly params: Record<string, Json>;
  readonly session: string;
  /** Aborts when the client cancels the request. */
  readonly cancelled: AbortSignal;
  /** A message on the stream of the request. */
  say(message: string): void;
  /** A message on the session's GET stream; false when there is none. */
  push(message: string): boolean;
  /** A question on the stream of the request; resolves with the client's response as it came. */
  ask(method: string, params?: string, id?: string | number): Promise<Json>;
  /** The response to a question that was asked in another way. */
  answerTo(id: string | number): Promise<Json>;
}

/** Raw JSON of the result; what it throws is the error: `{ code, message, data? }`. */
export type ServerScript = (call: ServerCall) => string | Promise<string>;

export interface LegacyServer extends AsyncDisposable {
  readonly url: URL;
  script: ServerScript;
  /** Messages as they came, with the session. */
  readonly seen: readonly (Record<string, Json> & { readonly session: string })[];
  /** Live sessions. */
  readonly sessions: ReadonlySet<string>;
  /** Those with an open GET stream. */
  readonly streams: ReadonlyMap<string, ServerResponse>;
  /** Resolves when it is so; looked at after each message, stream and end. */
  until(holds: () => boolean): Promise<void>;
}

interface ServerOptions {
  readonly sessions?: "required" | "none";
  readonly capabilities?: string;
}

export async function startLegacyServer(
  script: ServerScript = () => "{}",
  { sessions: mode = "required", capabilities = '{"tools":{},"logging":{}}' }: ServerOptions = {},
): Promise<LegacyServer> {
  const seen: (Record<string, Json> & { session: string })[] = [];
  const sessions = new Set<string>();
  const streams = new Map<string, ServerResponse>();
  const answers = new Map<string, PromiseWithResolvers<Json>>();
  const running = new Map<string, AbortController>();
  const watchers = new Set<() => void>();
  const looked = () => watchers.forEach((look) => look());
  const server = { script };

  const answerOf = (session: string, id: unknown) => {
    const key = JSON.stringify([session, id]);
    const known = answers.get(key) ?? Promise.withResolvers<Json>();
    answers.set(key, known);
    return known;
  };

  function callOf(message: Json, session: string, response: ServerResponse): ServerCall {
    const cancel = new AbortController();
    running.set(JSON.stringify([session, message.id]), cancel);
    const say = (text: string) => {
      if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(messageEvent(text));
    };
    return {
      method: message.method,
      params: message.params ?? {},
      session,
      cancelled: cancel.signal,
      say,
      push: (text) => streams.get(session)?.write(messageEvent(text)) !== undefined,
      ask(method, params = "{}", id = randomBytes(4).toString("hex")) {
        say(requestText(id, method, params));
        return answerOf(session, id).promise;
      },
      answerTo: (id) => answerOf(session, id).promise,
    };
  }

  async function answer(message: Json, session: string, response: ServerResponse): Promise<void> {
    const call = callOf(message, session, response);
    const id = JSON.stringify(message.id);
    let text: string;
    try {
      text = `{"jsonrpc":"2.0","id":${id},"result":${await server.script(call)}}`;
    } catch (error) {
      const { code = -32603, message: said = String(error), data } = error as Record<string, unknown>;
      text = `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify({ code, message: said, data })}}`;
    }
    if (response.headersSent) response.end(messageEvent(text));
    else response.writeHead(200, { "content-type": "application/json" }).end(text);
  }

  const http = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const given = String(request.headers["mcp-session-id"] ?? "");
    const message: Json = body === "" ? { method: request.method } : JSON.parse(body);
    const session =
      message.method === "initialize" && mode === "required" ? randomBytes(8).toString("hex") : given;
    seen.push({ ...message, session });
    if (message.method === "initialize") {
      sessions.add(session);
      const result = `{"protocolVersion":"2025-11-25","capabilities":${capabilities},"serverInfo":{"name":"s","version":"1"}}`;
      const headers = mode === "required" ? { "mcp-session-id": session } : {};
      response.writeHead(200, { "content-type": "application/json", ...headers });
      response.end(`{"jsonrpc":"2.0","id":${message.id},"result":${result}}`);
    } else if (!sessions.has(session)) response.writeHead(404).end();
    else if (request.method === "DELETE") {
      sessions.delete(session);
      streams.get(session)?.end();
      response.writeHead(200).end();
    } else if (request.method === "GET") {
      if (mode === "none") response.writeHead(405).end();
      else {
        response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
        streams.set(session, response);
        response.once("close", () => {
          if (streams.get(session) === response) streams.delete(session);
          looked();
        });
      }
    } else if (message.method === undefined) {
      answerOf(session, message.id).resolve(message);
      response.writeHead(202).end();
    } else if (message.id === undefined) {
      if (message.method === "notifications/cancelled")
        running.get(JSON.stringify([session, message.params.requestId]))?.abort();
      response.writeHead(202).end();
    } else if (message.method === "logging/setLevel" || message.method === "ping")
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(`{"jsonrpc":"2.0","id":${message.id},"result":{}}`);
    else void answer(message, session, response);
    looked();
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return Object.assign(server, {
    url: new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`),
    seen,
    sessions,
    streams,
    async until(holds: () => boolean) {
      while (!holds()) {
        const { promise, resolve } = Promise.withResolvers<void>();
        watchers.add(resolve);
        await promise;
        watchers.delete(resolve);
      }
    },
    async [Symbol.asyncDispose]() {
      http.close();
      http.closeAllConnections();
    },
  });
}

export interface SceneOptions {
  readonly features?: readonly ClientFeature[];
  readonly transport?: LegacyTransport;
  readonly limits?: Partial<ConversationLimits>;
  readonly lineLimits?: LineLimits;
  readonly upstreamLimits?: Partial<UpstreamLimits>;
  /** Default: none. */
  readonly credentials?: CallCredentials;
  /** Where it was read, as a modern one, before it was turned to where it is. Default: it was read there. */
  readonly readAsModernAt?: string;
}

/** What a client sends; by default a call of the tool `t` by the first caller, who can do everything. */
export interface ClientCall {
  readonly method?: string;
  /** Raw members of `params` beside `_meta`. */
  readonly params?: string;
  /** Raw members of `_meta` beside the required ones. */
  readonly meta?: string;
  readonly capabilities?: string;
  readonly principal?: Principal;
  readonly portal?: string;
  readonly cancel?: AbortController;
  /** Takes what is said ahead of the answer. */
  readonly relay?: (text: string) => boolean | Promise<boolean>;
}

export interface ClientAnswer {
  readonly status: number;
  /** The raw message; the rest is parsed. */
  readonly text: string;
  readonly result?: Json;
  readonly error?: Json;
  readonly said: readonly Json[];
}

export interface TestReplica {
  readonly id: string;
  readonly lines: LinePool;
  readonly conversations: Conversations;
  call(call?: ClientCall): Promise<ClientAnswer>;
  flush(): Promise<void>;
  /** Ends it as a crash does not: in order. */
  stop(): Promise<void>;
  /** Loses its lease, as a replica that could not reach the database in time. */
  lapse(): Promise<void>;
}

export interface Scene extends AsyncDisposable {
  /** Of the registered server. */
  readonly slug: string;
  readonly records: readonly CallRecord[];
  readonly clock: ReturnType<typeof createManualClock>;
  readonly servers: ReturnType<typeof createServerStore>;
  openReplica(): Promise<TestReplica>;
}

export const everything = '{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}}';

export function principalNamed(name: string): Principal {
  return {
    kind: "service",
    id: createId("token"),
    name,
    role: "member",
    scopes: ["portal:main", "portal:other"],
  };
}

/** Raw `params` members of a retry. */
export function retryOf(
  { result }: ClientAnswer,
  answers: Record<string, unknown>,
  first = '"name":"t"',
): string {
  return `${first},"requestState":${JSON.stringify(result.requestState)},"inputResponses":${JSON.stringify(answers)}`;
}

const caller = principalNamed("caller");
const quiet = { leaseMs: 60_000, renewMs: 30_000, pollMs: 3_600_000 };

/** One database for the tests of a file, closed with the file. */
const sets = [changeMigrations, accessMigrations, callMigrations, replicaMigrations];
let opening: Promise<Database> | undefined;
let scenes = 0;

afterAll(async () => {
  await (await opening)?.[Symbol.asyncDispose]();
});

export async function openScene(
  { url }: Pick<LegacyServer, "url">,
  options: SceneOptions = {},
): Promise<Scene> {
  opening ??= createTestDatabase(sets);
  const database = await opening;
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const servers = createServerStore({ database, vault });
  const definitions = createDefinitionStore(database);
  const owned = new AsyncDisposableStack();
  const outbound = owned.use(createOutbound());
  const { credentials = withoutCredentials } = options;
  const slug = `s${++scenes}`;
  const clock = createManualClock();
  const records: CallRecord[] = [];

  const { id } = await servers.add(
    newServer(slug, {
      url,
      allowPrivate: ["127.0.0.1/32"],
      clientFeatures: options.features ?? clientFeatures,
      autoAccept: definitionKinds,
    }),
  );
  const legacy = {
    helloText: "{}",
    version: "2025-11-25" as const,
    transport: options.transport ?? ("streamable-http" as LegacyTransport),
  };
  const prompt = { kind: "prompt" as const, name: "p", publicName: "s_p", text: '{"name":"p"}' };
  const resource = { kind: "resource" as const, name: "a:b", publicName: "a:b", text: '{"uri":"a:b"}' };
  const found = findings(["t", "u"]);
  await definitions.saveSync(id, {
    ...found,
    definitions: [...found.definitions, prompt, resource],
    ...(options.readAsModernAt === undefined
      ? { modern: undefined, legacy }
      : {
          modern: { helloText: '{"capabilities":{"tools":{}}}' },
          legacy: undefined,
          foundAt: options.readAsModernAt,
        }),
  });

  async function openReplica(): Promise<TestReplica> {
    const opened = owned.use(new AsyncDisposableStack());
    let aheadMs = 0;
    const ownClock = { ...systemClock, monotonic: () => systemClock.monotonic() + aheadMs };
    const changes = opened.use(await createChangeFeed({ database }));
    const catalog = opened.use(await createCatalog({ servers, definitions, changes }));
    const onError = () => undefined;
    const replicas = opened.use(
      // By default only wake-ups make it read its mail and renew its lease.
      await createReplicas({ database, vault, clock: ownClock, ...quiet, onError }),
    );
    const streams = opened.use(createRemoteStreams({ replicas, checkMs: 100, onError }));
    const limits = { ...defaultUpstreamLimits, ...options.upstreamLimits };
    const identity = { name: "castellan", version: "0" };
    const upstreams = opened.use(createUpstreams({ catalog, outbound, credentials, identity, limits }));
    const lines = opened.use(
      createLinePool({ upstreams, catalog, ...(options.lineLimits && { limits: options.lineLimits }) }),
    );
    const conversations = opened.use(
      createConversations({
        replicas,
        streams,
        maxMessageBytes: limits.maxMessageBytes,
        limits: { ...defaultConversationLimits, ...options.limits },
      }),
    );
    const ports: Omit<CallPorts, "authenticate" | "findPortal"> = {
      upstreams,
      policy: withoutRules,
      // Without rules nobody is ever asked.
      approvals: undefined as never,
      credentials,
      links: withoutLinks,
      // No server here has limits: no rate is ever asked for.
      limiter: createCallLimiter({ rates: undefined as never, livingReplicas: () => 1 }),
      circuits: opened.use(createCircuits({ catalog, clock })),
      audit: { append: async (record) => void records.push(record), hasten: () => {} },
      clock,
      vault: { mac: (_, data) => createHash("sha256").update(data).digest() },
      states: createRequestStates({ vault, clock }),
      lines,
      conversations,
      replica: replicas.id,
    };
    const portalAt = ({ portalSlug: at }: PortalAddress): PortalView => {
      const unreached = () => {
        throw new Error("not reached");
      };
      return {
        slug: at as Slug,
        scope: (era) => createScope({ era, servers: [catalog.find(slug) ?? []].flat(), naming: "plain" }),
        listed: unreached,
        session: unreached,
        isGranted: () => true,
        showsHeaderMarks: true,
        ownTool: () => undefined,
        answer: unreached,
        receive: unreached,
      };
    };
    return {
      id: replicas.id,
      lines,
      conversations,
      flush: () => changes.flush(),
      stop: () => opened.disposeAsync(),
      async lapse() {
        await database.query(
          sql`update replicas set lease_until = now() - interval '1 second' where id = ${replicas.id}`,
        );
        aheadMs += quiet.leaseMs;
        if (!replicas.lapsed.aborted) throw new Error("The lease is still held");
      },
      async call(call = {}) {
        const said: Json[] = [];
        const { method = "tools/call", principal = caller, portal = "main" } = call;
        const { params = '"name":"t"', meta = "", capabilities = everything } = call;
        const envelope = `"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":${capabilities}`;
        const text = `{"jsonrpc":"2.0","id":7,"method":"${method}","params":{"_meta":{${meta === "" ? "" : `${meta},`}${envelope}},${params}}}`;
        const parsed: Json = JSON.parse(text);
        const received: Received = {
          id: createId("call"),
          requestId: createId("request"),
          receivedAtMs: clock.now(),
          startedMs: clock.monotonic(),
          address: "192.0.2.7",
          connection: plainConnection,
          portalSlug: portal,
          ownHost: undefined,
          option: () => [],
          authorization: "Bearer x",
          protocolHeaders: {
            protocolVersion: "2026-07-28",
            sessionId: undefined,
            method,
            name: parsed.params.name ?? parsed.params.uri,
          },
          header: () => undefined,
          paramHeaders: () => ({}),
          readBody: () => Promise.resolve(new TextEncoder().encode(text)),
          acceptsStream: true,
          cancel: call.cancel ?? new AbortController(),
          draining: new AbortController().signal,
          relay: (message) => {
            said.push(JSON.parse(message));
            return call.relay?.(message) ?? true;
          },
        };
        const authenticate = () => principal;
        const outcome = await runCall(received, { ...ports, authenticate, findPortal: portalAt });
        const answer: Json = JSON.parse(outcome.text ?? "{}");
        return {
          status: outcome.status,
          text: outcome.text ?? "",
          result: answer.result,
          error: answer.error,
          said,
        };
      },
    };
  }

  return { slug, records, clock, servers, openReplica, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
