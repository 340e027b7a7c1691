/** One client on one connection, down at the wire: it sees the header, the status and the moment of each answer. */
import { Agent, request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";

export type Era = "legacy" | "modern";

export interface ClientOptions {
  /** The portal's address. */
  readonly url: string;
  readonly token: string;
  readonly era: Era;
}

export interface Answer {
  readonly status: number;
  /** `X-Request-Id`, under which the call is on record. */
  readonly requestId: string;
  readonly sessionId: string | undefined;
  /** The last message of the answer; undefined where there is none. */
  readonly message: Message | undefined;
}

export interface Message {
  readonly result?: { readonly isError?: boolean; readonly [member: string]: unknown };
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: { readonly code?: string };
  };
}

export interface CallOptions {
  /** Aborting it cuts the connection, as a client does that disappears. */
  readonly signal?: AbortSignal;
}

const meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "traffic", version: "1" },
};

export class Connection implements Disposable {
  readonly era: Era;
  sessionId: string | undefined;
  readonly #options: ClientOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #lastId = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.era = options.era;
  }

  /** Begins a legacy session; modern clients have nothing to begin. */
  async begin(): Promise<Answer | undefined> {
    if (this.era === "modern") return undefined;
    const answer = await this.post("initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "traffic", version: "1" },
    });
    this.sessionId = answer.sessionId;
    return answer;
  }

  call(tool: string, args: object, options: CallOptions = {}): Promise<Answer> {
    return this.post("tools/call", { name: tool, arguments: args }, options);
  }

  async post(method: string, params: object = {}, options: CallOptions = {}): Promise<Answer> {
    const response = await this.start(method, params, options);
    return toAnswer(response, await text(response));
  }

  /** Asks, and reads nothing of the answer but its head. */
  start(method: string, params: object, { signal }: CallOptions = {}): Promise<IncomingMessage> {
    const isModern = this.era === "modern";
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: ++this.#lastId,
      method,
      params: isModern ? { ...params, _meta: { ...meta, ...(params as { _meta?: object })._meta } } : params,
    });
    const name = (params as { name?: string }).name;
    return this.#send("POST", body, signal, {
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(body)),
      accept: "application/json, text/event-stream",
      ...(isModern && { "mcp-method": method, ...(name !== undefined && { "mcp-name": name }) }),
    });
  }

  /** Opens the session's own stream and leaves it open. */
  listen(signal: AbortSignal): Promise<IncomingMessage> {
    return this.#send("GET", undefined, signal, { accept: "text/event-stream" });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #send(
    method: string,
    body: string | undefined,
    signal: AbortSignal | undefined,
    headers: Readonly<Record<string, string>>,
  ): Promise<IncomingMessage> {
    const { url, token, era } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request(
      url,
      {
        method,
        agent: this.#agent,
        ...(signal && { signal }),
        headers: {
          ...headers,
          authorization: `Bearer ${token}`,
          "mcp-protocol-version": era === "modern" ? "2026-07-28" : "2025-11-25",
          ...(this.sessionId !== undefined && { "mcp-session-id": this.sessionId }),
        },
      },
      resolve,
    )
      .on("error", reject)
      .end(body);
    return promise;
  }
}

/** Whether it is the result that the call was for. */
export function isSuccess({ status, message }: Answer): boolean {
  return status === 200 && message?.result !== undefined && message.result.isError !== true;
}

function toAnswer({ statusCode = 0, headers }: IncomingMessage, body: string): Answer {
  const isStream = headers["content-type"] === "text/event-stream";
  const json = isStream ? /^data: (.*)$/gm.exec(body.slice(body.lastIndexOf("data: ")))?.[1] : body;
  return {
    status: statusCode,
    requestId: String(headers["x-request-id"]),
    sessionId: headers["mcp-session-id"]?.toString(),
    message: json === undefined || json === "" ? undefined : (JSON.parse(json) as Message),
  };
}
