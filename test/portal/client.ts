/** A client that says what it likes, and shows what it hears as the texts that came. */
import { Agent, request, type Dispatcher } from "undici";
import { metaKeys } from "../fixtures/modern-rules.ts";

export interface Heard {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  /** The texts of the messages in the order in which they came; resolves when the answer is complete. */
  readonly all: Promise<string[]>;
  /** The next message, as soon as it is there; undefined when the answer is complete. */
  next(): Promise<string | undefined>;
  /** Of the last event that came, with a message or without. */
  readonly lastEventId: string | undefined;
  /** Hangs up. */
  leave(): void;
}

export interface Said {
  readonly method?: "GET" | "POST" | "DELETE" | "HEAD";
  readonly token?: string | undefined;
  /** Several values stand for several headers of the name. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
  /** By which way it goes out: from another address, with a certificate. */
  readonly dispatcher?: Dispatcher;
}

const agent = new Agent({ connections: null, bodyTimeout: 0, headersTimeout: 20_000 });

/** One HTTP exchange; resolves when its head is there. */
export async function say(url: string, said: Said): Promise<Heard> {
  const { method = "POST", token, headers = {}, body, dispatcher = agent } = said;
  const leaving = new AbortController();
  const reply = await request(url, {
    dispatcher,
    method,
    signal: leaving.signal,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(method === "POST" && { "content-type": "application/json" }),
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: body ?? null,
  });
  const place: Place = { lastEventId: undefined };
  const messages = messagesIn(reply, place);
  const heard: string[] = [];
  const next = async () => {
    const { value, done } = await messages.next();
    if (done) return undefined;
    heard.push(value);
    return value;
  };
  return {
    status: reply.statusCode,
    headers: reply.headers,
    next,
    get lastEventId() {
      return place.lastEventId;
    },
    get all() {
      return (async () => {
        while ((await next()) !== undefined);
        return heard;
      })();
    },
    leave: () => leaving.abort(),
  };
}

interface Place {
  lastEventId: string | undefined;
}

async function* messagesIn(
  { headers, body }: Dispatcher.ResponseData,
  place: Place,
): AsyncGenerator<string, undefined> {
  try {
    if (!String(headers["content-type"]).startsWith("text/event-stream")) {
      const text = await body.text();
      if (text !== "") yield text;
      return undefined;
    }
    let pending = "";
    for await (const chunk of body.setEncoding("utf8")) {
      pending += String(chunk);
      const events = pending.split("\n\n");
      pending = events.pop() ?? "";
      for (const event of events) {
        const lines = event.split("\n");
        const id = lines.find((line) => line.startsWith("id: "));
        if (id !== undefined) place.lastEventId = id.slice(4);
        const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
        // An event without data is no message (WHATWG HTML §9.2.6): it may tell a place to come back to.
        if (data.join("") !== "") yield data.join("\n");
      }
    }
  } catch (error) {
    if ((error as Error).name !== "AbortError") throw error;
  }
  return undefined;
}

export interface Door {
  readonly url: string;
  readonly token: string;
}

/** The text of a request; `params` as object or as text. */
export function rpc(id: unknown, method: string, params?: object | string): string {
  const text = typeof params === "string" ? params : JSON.stringify(params);
  return `{"jsonrpc":"2.0",${id === undefined ? "" : `"id":${JSON.stringify(id)},`}"method":${JSON.stringify(method)}${text === undefined ? "" : `,"params":${text}`}}`;
}

export interface LegacyClient {
  readonly session: string;
  /** The text of the answer to `initialize`. */
  readonly hello: string;
  /** Sends a message's text. */
  send(body: string, more?: Said): Promise<Heard>;
  /** A request whose answer is the last message; resolves to its text. */
  call(method: string, params?: object | string): Promise<string>;
  /** The session's own stream, or the rest of another after an event. */
  stream(lastEventId?: string): Promise<Heard>;
  end(): Promise<number>;
  /** The same session by another door: another replica. */
  at(other: Door): LegacyClient;
}

/** Opens a legacy session at a portal. */
export async function openLegacy(
  door: Door,
  options: { version?: string; capabilities?: object; clientInfo?: object } = {},
): Promise<LegacyClient> {
  const {
    version = "2025-11-25",
    capabilities = {},
    clientInfo = { name: "tester", version: "9" },
  } = options;
  const params = { protocolVersion: version, capabilities, clientInfo };
  const answer = await say(door.url, { token: door.token, body: rpc("init", "initialize", params) });
  const [hello = ""] = await answer.all;
  const session = String(answer.headers["mcp-session-id"]);
  const client = clientOf(door, { session, hello, version });
  await client.send(rpc(undefined, "notifications/initialized"));
  return client;
}

function clientOf(
  { url, token }: Door,
  opened: { session: string; hello: string; version: string },
): LegacyClient {
  const { session, hello, version } = opened;
  const headers = { "mcp-session-id": session, "mcp-protocol-version": version };
  let lastId = 0;
  const client: LegacyClient = {
    session,
    hello,
    send: (body, more = {}) => say(url, { token, body, ...more, headers: { ...headers, ...more.headers } }),
    async call(method, given) {
      const heard = await (await client.send(rpc(++lastId, method, given))).all;
      return heard.at(-1) ?? "";
    },
    stream: (lastEventId) =>
      say(url, {
        method: "GET",
        token,
        headers: { ...headers, ...(lastEventId !== undefined && { "last-event-id": lastEventId }) },
      }),
    end: async () => (await say(url, { method: "DELETE", token, headers })).status,
    at: (other) => clientOf(other, opened),
  };
  return client;
}

/** One modern request with the headers that its body demands. */
export function sayModern(
  { url, token }: Door,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  more: Said & { id?: unknown; meta?: object } = {},
): Promise<Heard> {
  const { id = 1, meta = {}, headers = {}, ...rest } = more;
  const _meta = {
    [metaKeys.protocolVersion]: "2026-07-28",
    [metaKeys.clientCapabilities]: {},
    [metaKeys.clientInfo]: { name: "tester", version: "9" },
    ...meta,
  };
  const name = params["name"] ?? params["uri"];
  return say(url, {
    token,
    body: rpc(id, method, { ...params, _meta }),
    ...rest,
    headers: {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(typeof name === "string" && { "mcp-name": name }),
      ...headers,
    },
  });
}

// oxlint-disable-next-line typescript/no-explicit-any -- a test looks into answers whose shape it knows
export type Loose = any;

/** What a message says, to be looked into. */
export function parsed(text: string | undefined): Readonly<Record<string, Loose>> {
  return JSON.parse(text ?? "null") as Record<string, Loose>;
}
