/** One POST of Streamable HTTP: a message goes out, an answer or a stream of messages comes back. */
import { isFault, kernelFaults, type Fault } from "@castellan/kernel";
import { errors, type Dispatcher } from "undici";
import { mcpFaults } from "../faults.ts";
import {
  decodeBody,
  parseMessage,
  type ErrorMessage,
  type Message,
  type RequestId,
  type ResponseMessage,
} from "../jsonrpc/message.ts";
import { readEvents, type ServerSentEvent } from "../sse/read.ts";
import type { UpstreamTarget } from "./channel.ts";

/** What came back for a request: its answer, or an HTTP status that refuses it. */
export type Posted =
  | { readonly kind: "answer"; readonly message: ResponseMessage; readonly headers: ReplyHeaders }
  | { readonly kind: "refused"; readonly status: number; readonly message: ErrorMessage | undefined };

export type ReplyHeaders = Readonly<Record<string, string | string[] | undefined>>;

interface PostOptions {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

interface RequestOptions extends PostOptions {
  readonly id: RequestId;
  readonly onMessage?: ((message: Message) => void) | undefined;
}

const accept = "application/json, text/event-stream";

/** How long a stream may go on after its answer before it is cut. */
const afterAnswerMs = 1_000;

/** Posts a request and waits for its answer. Faults: see `Channel.request`, less `upstream_refused`. */
export async function postRequest(target: UpstreamTarget, options: RequestOptions): Promise<Posted> {
  try {
    const reply = await post(target, options);
    const { statusCode: status, headers, body } = reply;
    if (status !== 200) return { kind: "refused", status, message: await errorIn(reply, target) };
    const type = mediaType(headers);
    if (type === "application/json") {
      const message = parseUpstream(await readAll(body, target.limits.maxMessageBytes));
      return { kind: "answer", message: asAnswer(message, options.id), headers };
    }
    if (type === "text/event-stream")
      return { kind: "answer", message: await answerInStream(body, target, options), headers };
    await discard(body);
    throw mcpFaults.fault("upstream_invalid", `The server answered with content type ${quote(type)}`);
  } catch (error) {
    throw toUpstreamFault(error, options.signal);
  }
}

/** Posts a notification or a response; anything but 2xx is refused. */
export async function postOneWay(target: UpstreamTarget, options: PostOptions): Promise<number> {
  try {
    const { statusCode, body } = await post(target, options);
    await discard(body);
    return statusCode;
  } catch (error) {
    throw toUpstreamFault(error, options.signal);
  }
}

interface SendOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly signal: AbortSignal;
  /** Silence after which a body is given up; 0 never. By default the target's `idleTimeoutMs`. */
  readonly bodyTimeoutMs?: number;
}

/** Any request with this target's time-outs and headers. Its body must be read or discarded. */
export function send(
  target: UpstreamTarget,
  method: "GET" | "POST" | "DELETE",
  options: SendOptions,
): Promise<Dispatcher.ResponseData> {
  const { url, limits } = target;
  const dispatcher = method === "GET" ? (target.streamDispatcher ?? target.dispatcher) : target.dispatcher;
  return dispatcher.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers: { ...target.headers, ...options.headers },
    body: options.text ?? null,
    signal: options.signal,
    headersTimeout: limits.idleTimeoutMs,
    bodyTimeout: options.bodyTimeoutMs ?? limits.idleTimeoutMs,
  });
}

/** Reads a message that an upstream sent; what is wrong with it is the upstream's fault, not the caller's. */
export function parseUpstream(text: string): Message {
  try {
    return parseMessage(text);
  } catch (error) {
    if (!isFault(error)) throw error;
    throw mcpFaults.fault("upstream_invalid", `The server's message was refused: ${error.message}`, {
      cause: error,
    });
  }
}

/** Any failure of an exchange as a fault with an owner. */
export function toUpstreamFault(error: unknown, signal: AbortSignal): Fault {
  if (isFault(error)) return error;
  const isLate = error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError;
  if (isLate || (signal.aborted && isTimeout(signal.reason)))
    return mcpFaults.fault("upstream_timeout", "The server did not answer in time", { cause: error });
  if (signal.aborted)
    return isFault(signal.reason)
      ? signal.reason
      : kernelFaults.fault("cancelled", "The request was cancelled", { cause: error });
  // A refused address reaches us as the cause of a connection error.
  if (error instanceof Error && isFault(error.cause)) return error.cause;
  return mcpFaults.fault("upstream_unreachable", `The server cannot be reached: ${reason(error)}`, {
    cause: error,
  });
}

export async function discard(body: Dispatcher.ResponseData["body"]): Promise<void> {
  await body.dump({ limit: 64 * 1024 });
}

export function mediaType(headers: ReplyHeaders): string {
  const value = headers["content-type"];
  const type = Array.isArray(value) ? value[0] : value;
  return (type?.split(";", 1)[0] ?? "").trim().toLowerCase();
}

function post(
  target: UpstreamTarget,
  { text, headers, signal }: PostOptions,
): Promise<Dispatcher.ResponseData> {
  const all = { accept, "content-type": "application/json", ...headers };
  return send(target, "POST", { headers: all, text, signal });
}

/** The server ends the stream after the answer; then its connection serves the next call. */
async function answerInStream(
  body: Dispatcher.ResponseData["body"],
  target: UpstreamTarget,
  options: RequestOptions,
): Promise<ResponseMessage> {
  try {
    // Leaving the loop must not destroy the body, for that would close the connection.
    const chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    const answer = await answerAmong(readEvents(chunks, target.limits.maxMessageBytes), options);
    body
      .dump({ limit: Number.MAX_SAFE_INTEGER, signal: AbortSignal.timeout(afterAnswerMs) })
      .catch(() => undefined);
    return answer;
  } catch (error) {
    body.on("error", () => undefined).destroy();
    throw error;
  }
}

async function answerAmong(
  events: AsyncIterable<ServerSentEvent>,
  options: RequestOptions,
): Promise<ResponseMessage> {
  for await (const { event, data } of events) {
    // An event without data only sets the id to resume from (2025-11-25, SEP-1699).
    if (event !== "message" || data === "") continue;
    const message = parseUpstream(data);
    if (message.kind === "request" || message.kind === "notification") options.onMessage?.(message);
    else return asAnswer(message, options.id);
  }
  throw mcpFaults.fault("upstream_unreachable", "The server closed the stream before it answered");
}

function asAnswer(message: Message, id: RequestId): ResponseMessage {
  if (message.kind === "error" && (message.id === null || message.id === id)) return message;
  if (message.kind === "result" && message.id === id) return message;
  throw mcpFaults.fault("upstream_invalid", "The server's answer is to another request than the one sent");
}

/** The JSON-RPC error in the body of a refusal, if there is one. */
async function errorIn(
  reply: Dispatcher.ResponseData,
  target: UpstreamTarget,
): Promise<ErrorMessage | undefined> {
  if (mediaType(reply.headers) !== "application/json") {
    await discard(reply.body);
    return undefined;
  }
  const text = await readAll(reply.body, Math.min(target.limits.maxMessageBytes, 1024 * 1024));
  try {
    const message = parseMessage(text);
    return message.kind === "error" ? message : undefined;
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
}

async function readAll(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes)
      throw mcpFaults.fault("upstream_too_large", `The server's answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const [only] = chunks;
  try {
    return decodeBody(chunks.length === 1 && only ? only : Buffer.concat(chunks, size));
  } catch (cause) {
    throw mcpFaults.fault("upstream_invalid", "The server's answer is not UTF-8", { cause });
  }
}

/** What `AbortSignal.timeout` gives as its reason. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}

function quote(type: string): string {
  return type === "" ? "none" : JSON.stringify(type.slice(0, 80));
}

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  return code ?? (error instanceof Error ? error.message : "unknown error");
}
