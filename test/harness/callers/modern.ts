/** A modern caller (2026-07-28) at the wire: headers, envelope, and the rounds of `input_required`. */
import { metaKeys } from "../../fixtures/modern-rules.ts";
import { RpcError } from "../../fixtures/script.ts";
import { everyCapability, toText, withMembers } from "./caller.ts";
import type { Asked, Caller, CallerOptions, Door, Reply, RequestOptions } from "./caller.ts";
import { Inbox } from "./inbox.ts";
import { send, type Exchange } from "./wire.ts";

export interface ModernCallerOptions extends CallerOptions {
  /** `_meta`'s logLevel of every request. */
  readonly logLevel?: string;
}

export interface ModernCall {
  readonly id: number;
  readonly exchange: Exchange;
  /** Rejects when the answer ends without a message that answers. */
  readonly answer: Promise<Reply>;
}

/** More rounds than any server here asks for. */
const maxRounds = 10;

export class ModernCaller implements Caller {
  readonly era = "modern";
  readonly inbox = new Inbox();
  readonly asked: Asked[] = [];
  readonly #door: Door;
  readonly #options: ModernCallerOptions;
  readonly #subscriptions = new Set<Exchange>();
  #lastId = 0;

  constructor(door: Door, options: ModernCallerOptions = {}) {
    this.#door = door;
    this.#options = options;
  }

  /** One exchange; resolves when the head of its answer is there. `params` as text: `_meta` is put in front. */
  async call(method: string, params?: object | string, options: RequestOptions = {}): Promise<ModernCall> {
    const id = ++this.#lastId;
    const whole = withMembers(toText(params), {
      first: `"_meta":${JSON.stringify(this.#meta(options.meta))}`,
    });
    const found: { reply?: Omit<Reply, "status"> } = {};
    const exchange = await send(this.#door.url, {
      token: this.#door.token,
      headers: { ...headersFor(method, whole), ...options.headers },
      body: `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${whole}}`,
      onText: (text) => {
        const message = JSON.parse(text) as Record<string, unknown>;
        this.inbox.add({ text, message, on: id });
        if (!("method" in message)) found.reply = { text, message };
      },
    });
    const answer = exchange.ended.then((how) => {
      if (found.reply !== undefined) return { status: exchange.status, ...found.reply };
      throw new Error(
        `The answer to ${method} (${id}, HTTP ${exchange.status}) is ${how}, and answers nothing`,
      );
    });
    answer.catch(() => undefined);
    return { id, exchange, answer };
  }

  /** Asked for input it gives it, until there is a result. Without `answers` the first result is the last. */
  async request(method: string, params?: object | string, options: RequestOptions = {}): Promise<Reply> {
    const given = toText(params);
    let reply = await (await this.call(method, given, options)).answer;
    for (let round = 1; round < maxRounds && isInputRequired(reply); round++) {
      const retry = await this.retry(given, reply);
      if (retry === undefined) return reply;
      reply = await (await this.call(method, retry, options)).answer;
    }
    return reply;
  }

  /** The params of the request that answers an `input_required`; undefined when nobody answers. */
  async retry(params: string, reply: Reply): Promise<string | undefined> {
    if (!isInputRequired(reply)) throw new Error(`Nothing was asked: ${reply.text.slice(0, 300)}`);
    const { inputRequests = {}, requestState } = reply.message.result as {
      inputRequests?: Record<string, Asked>;
      requestState?: string;
    };
    const { answers } = this.#options;
    const responses: string[] = [];
    for (const [key, question] of Object.entries(inputRequests)) {
      this.asked.push(question);
      if (answers === undefined) return undefined;
      // An answer is a result; one who cannot give it gives none (2026-07-28, multi round-trip requests).
      const answer = await Promise.resolve(answers(question)).catch((error: unknown) => {
        if (error instanceof RpcError) return undefined;
        throw error;
      });
      if (answer !== undefined) responses.push(`${JSON.stringify(key)}:${answer}`);
    }
    const state = requestState === undefined ? [] : [`"requestState":${JSON.stringify(requestState)}`];
    const last = [...(responses.length > 0 ? [`"inputResponses":{${responses.join(",")}}`] : []), ...state];
    return withMembers(params, { last: last.join(",") });
  }

  /** `subscriptions/listen`; resolves when it was acknowledged. */
  async listen(notifications: object): Promise<ModernCall> {
    const call = await this.call("subscriptions/listen", { notifications });
    this.#subscriptions.add(call.exchange);
    await this.inbox.when(
      ({ on, message }) => on === call.id && message["method"] === "notifications/subscriptions/acknowledged",
    );
    return call;
  }

  async watch(uris: readonly string[]): Promise<void> {
    await this.listen({ resourceSubscriptions: uris });
  }

  /** Hangs up on its subscriptions. */
  [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.leave();
    return Promise.resolve();
  }

  #meta(more: object = {}): object {
    const { capabilities = everyCapability.modern, name = "caller", logLevel } = this.#options;
    return {
      [metaKeys.protocolVersion]: "2026-07-28",
      [metaKeys.clientCapabilities]: capabilities,
      [metaKeys.clientInfo]: { name, version: "1" },
      ...(logLevel !== undefined && { "io.modelcontextprotocol/logLevel": logLevel }),
      ...more,
    };
  }
}

function isInputRequired({ message }: Reply): boolean {
  return message.result?.resultType === "input_required";
}

/** The headers that the body demands (2026-07-28, transports). */
function headersFor(method: string, params: string): Record<string, string> {
  const { name, uri, taskId } = JSON.parse(params) as { name?: string; uri?: string; taskId?: string };
  const aim = method === "resources/read" ? uri : method.startsWith("tasks/") ? taskId : name;
  const isNamed = /^(tools\/call|prompts\/get|resources\/read|tasks\/.*)$/.test(method);
  return {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    ...(isNamed && aim !== undefined && { "mcp-name": toHeader(aim) }),
  };
}

function toHeader(value: string): string {
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)
    ? value
    : `=?base64?${Buffer.from(value).toString("base64")}?=`;
}
