/**
 * A legacy caller (2025-11-25, Streamable HTTP) at the wire: a session, questions answered by POST, the GET stream,
 * and the rest of a broken stream by `Last-Event-ID`.
 */
import { RpcError } from "../../fixtures/script.ts";
import { everyCapability, toText, withMembers } from "./caller.ts";
import type { Asked, Caller, CallerOptions, Door, Reply, RequestOptions } from "./caller.ts";
import { Inbox } from "./inbox.ts";
import { send, type Exchange } from "./wire.ts";

export interface LegacyCallerOptions extends CallerOptions {
  /** Default 2025-11-25. */
  readonly version?: string;
}

/** A request under way. */
export interface LegacyCall {
  readonly id: number;
  readonly exchange: Exchange;
  /** The message that answers it, on whatever stream it comes. */
  readonly answer: Promise<Reply>;
}

export class LegacyCaller implements Caller {
  readonly era = "legacy";
  readonly inbox = new Inbox();
  readonly asked: Asked[] = [];
  /** What the portal said to the answers that were POSTed. */
  readonly taken: { readonly status: number; readonly text: string }[] = [];
  /** The answer to `initialize`. */
  readonly hello: Reply;
  readonly sessionId: string;
  readonly #door: Door;
  readonly #options: LegacyCallerOptions;
  readonly #answers = new Map<number | string, PromiseWithResolvers<Reply>>();
  readonly #streams = new Set<Exchange>();
  #lastId = 0;
  #listened = 0;

  constructor(door: Door, options: LegacyCallerOptions, opened: { hello: Reply; sessionId: string }) {
    this.#door = door;
    this.#options = options;
    this.hello = opened.hello;
    this.sessionId = opened.sessionId;
  }

  /** Sends a request; resolves when the head of its answer is there. */
  async call(method: string, params?: object | string, options: RequestOptions = {}): Promise<LegacyCall> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<Reply>();
    this.#answers.set(id, answer);
    const meta = options.meta === undefined ? "" : `"_meta":${JSON.stringify(options.meta)}`;
    const text = withMembers(toText(params), { first: meta });
    const body = `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${text}}`;
    const exchange = await this.#send("POST", id, { body, headers: options.headers });
    return { id, exchange, answer: answer.promise };
  }

  /** Rejects when the stream ended without an answer: one who wants the rest of it uses `call` and `resume`. */
  async request(method: string, params?: object | string, options: RequestOptions = {}): Promise<Reply> {
    const { id, exchange, answer } = await this.call(method, params, options);
    const unanswered = exchange.ended.then((how) => {
      throw new Error(`The stream of ${method} (${id}, HTTP ${exchange.status}) is ${how} without an answer`);
    });
    return Promise.race([answer, unanswered]);
  }

  async notify(method: string, params: object = {}): Promise<number> {
    const body = JSON.stringify({ jsonrpc: "2.0", method, params });
    const exchange = await this.#send("POST", method, { body });
    await exchange.ended;
    return exchange.status;
  }

  /** Opens a GET stream, or resumes a stream after an event. What comes on it is `on` "GET 1", "GET 2", … */
  listen(lastEventId?: string): Promise<Exchange> {
    const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    return this.#send("GET", `GET ${++this.#listened}`, { headers });
  }

  async watch(uris: readonly string[]): Promise<void> {
    if (this.#streams.size === 0) await this.listen();
    for (const uri of uris) {
      const { text, message } = await this.request("resources/subscribe", { uri });
      if (message.result === undefined) throw new Error(`Not subscribed to ${uri}: ${text}`);
    }
  }

  /** Answers a question: the text of its result, or an error. Resolves to what the portal says to that. */
  async reply(id: unknown, result: string | RpcError): Promise<{ status: number; text: string }> {
    const outcome =
      typeof result === "string"
        ? `"result":${result}`
        : `"error":${JSON.stringify({ code: result.code, message: result.message })}`;
    let text = "";
    const exchange = await send(this.#door.url, {
      token: this.#door.token,
      headers: this.#headers(),
      body: `{"jsonrpc":"2.0","id":${JSON.stringify(id)},${outcome}}`,
      onText: (said) => (text += said),
    });
    await exchange.ended;
    const taken = { status: exchange.status, text };
    this.taken.push(taken);
    return taken;
  }

  /** Ends the session; resolves to the status. */
  async end(): Promise<number> {
    const { status, ended } = await this.#send("DELETE", "DELETE", {});
    await ended;
    return status;
  }

  /** Hangs up on every stream. The session stays. */
  [Symbol.asyncDispose](): Promise<void> {
    for (const stream of this.#streams) stream.leave();
    return Promise.resolve();
  }

  #headers(): Record<string, string> {
    return {
      "mcp-session-id": this.sessionId,
      "mcp-protocol-version": this.#options.version ?? "2025-11-25",
    };
  }

  async #send(
    httpMethod: "POST" | "GET" | "DELETE",
    on: string | number,
    { body, headers = {} }: { body?: string; headers?: Readonly<Record<string, string>> | undefined },
  ): Promise<Exchange> {
    const early: string[] = [];
    const opened: { status?: number } = {};
    const onText = (text: string) => {
      if (opened.status === undefined) early.push(text);
      else this.#receive(text, on, opened.status);
    };
    const exchange = await send(this.#door.url, {
      httpMethod,
      token: this.#door.token,
      headers: { ...this.#headers(), ...headers },
      ...(body !== undefined && { body }),
      onText,
    });
    opened.status = exchange.status;
    for (const text of early) this.#receive(text, on, exchange.status);
    if (httpMethod === "GET" && exchange.status === 200) {
      this.#streams.add(exchange);
      void exchange.ended.then(() => this.#streams.delete(exchange));
    }
    return exchange;
  }

  #receive(text: string, on: string | number, status: number): void {
    const message = JSON.parse(text) as Record<string, unknown>;
    this.inbox.add({ text, message, on });
    if (typeof message["method"] === "string") {
      if ("id" in message) void this.#answer(message as unknown as { id: unknown } & Asked);
      return;
    }
    // A refusal of the whole POST may name no id.
    const id = (message["id"] ?? on) as string | number;
    this.#answers.get(id)?.resolve({ status, text, message });
  }

  async #answer({ id, method, params }: { id: unknown } & Asked): Promise<void> {
    this.asked.push({ method, params });
    const { answers } = this.#options;
    if (answers === undefined) return;
    try {
      await this.reply(id, await answers({ method, params }));
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      await this.reply(id, error);
    }
  }
}

/** Begins a session. */
export async function openLegacyCaller(door: Door, options: LegacyCallerOptions = {}): Promise<LegacyCaller> {
  const { capabilities = everyCapability.legacy, name = "caller", version = "2025-11-25" } = options;
  const params = { protocolVersion: version, capabilities, clientInfo: { name, version: "1" } };
  let text = "";
  const { status, headers, ended } = await send(door.url, {
    token: door.token,
    headers: {},
    body: JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params }),
    onText: (said) => (text = said),
  });
  await ended;
  const sessionId = headers["mcp-session-id"];
  if (status !== 200 || typeof sessionId !== "string") throw new Error(`No session: ${status} ${text}`);
  const hello: Reply = { status, text, message: JSON.parse(text) as Reply["message"] };
  const caller = new LegacyCaller(door, options, { hello, sessionId });
  const taken = await caller.notify("notifications/initialized");
  if (taken !== 202) throw new Error(`The session was lost at once: HTTP ${taken}`);
  return caller;
}
