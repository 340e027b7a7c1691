/** JSON-RPC 2.0 messages as they travel in MCP: parsed for reading, kept as text for forwarding. */
import type { Fault } from "@castellan/kernel";
import { mcpFaults } from "../faults.ts";
import { assertUnambiguous, objectMembers, type Span } from "../json/scan.ts";
import { assertSpelled } from "./spelling.ts";

export type RequestId = string | number;
export type JsonObject = Readonly<Record<string, unknown>>;

interface Text {
  /** The whole message as it came. */
  readonly text: string;
  /** Where each member of the message stands in `text`. */
  readonly spans: ReadonlyMap<string, Span>;
}

export interface RequestMessage extends Text {
  readonly kind: "request";
  readonly id: RequestId;
  readonly method: string;
  readonly params: JsonObject | undefined;
}

export interface NotificationMessage extends Text {
  readonly kind: "notification";
  readonly method: string;
  readonly params: JsonObject | undefined;
}

export interface ResultMessage extends Text {
  readonly kind: "result";
  readonly id: RequestId;
  readonly result: JsonObject;
}

export interface ErrorMessage extends Text {
  readonly kind: "error";
  /** Null when the sender could not tell which request it answers. */
  readonly id: RequestId | null;
  readonly error: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export type ResponseMessage = ResultMessage | ErrorMessage;
export type Message = RequestMessage | NotificationMessage | ResponseMessage;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Decodes a body. Throws `json_malformed` when it is not UTF-8. */
export function decodeBody(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw mcpFaults.fault("json_malformed", "The body is not UTF-8", { cause });
  }
}

/**
 * Parses one message. Throws `json_malformed`, `json_ambiguous`, `json_too_deep`,
 * `batch_unsupported` (2025-06-18 removed batches), `message_invalid`.
 */
export function parseMessage(text: string): Message {
  const value = parseJson(text);
  if (Array.isArray(value))
    throw mcpFaults.fault("batch_unsupported", "JSON-RPC batches are not served: send one message a request");
  if (!isObject(value)) throw invalid("must be a JSON object");
  assertUnambiguous(text);
  assertSpelled(value);
  if (value["jsonrpc"] !== "2.0") throw invalid('needs "jsonrpc": "2.0"', "jsonrpc");
  return "method" in value ? toCall(value, text) : toResponse(value, text);
}

/** The text of a message's member, or undefined when it has none. */
export function memberText(message: Text, name: string): string | undefined {
  const span = message.spans.get(name);
  return span && message.text.slice(span.start, span.end);
}

/** The text of a member of an object that is itself raw JSON text. */
export function memberOf(objectText: string, name: string): string | undefined {
  const span = objectMembers(objectText).get(name);
  return span && objectText.slice(span.start, span.end);
}

/** The text of a parameter, or undefined when the message has none of this name. */
export function paramText(message: Text, name: string): string | undefined {
  const params = memberText(message, "params");
  return params === undefined ? undefined : memberOf(params, name);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function requestText(id: RequestId, method: string, paramsText: string | undefined): string {
  const params = paramsText === undefined ? "" : `,"params":${paramsText}`;
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":${JSON.stringify(method)}${params}}`;
}

export function notificationText(method: string, paramsText?: string): string {
  const params = paramsText === undefined ? "" : `,"params":${paramsText}`;
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)}${params}}`;
}

export function resultText(id: RequestId, result: string): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
}

export function errorText(id: RequestId | null, error: string): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${error}}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw mcpFaults.fault("json_malformed", `The body is not JSON: ${syntaxProblem(cause)}`, { cause });
  }
}

/** V8 quotes a piece of the input in its message: what the caller sent is theirs to see, but bounded. */
function syntaxProblem(cause: unknown): string {
  return cause instanceof SyntaxError ? cause.message.slice(0, 120) : "syntax error";
}

function toCall(value: JsonObject, text: string): RequestMessage | NotificationMessage {
  const { id, method, params } = value;
  if (typeof method !== "string" || method.length === 0 || method.length > 128)
    throw invalid('"method" must be a string of 1 to 128 characters', "method");
  if (params !== undefined && !isObject(params)) throw invalid('"params" must be an object', "params");
  const spans = objectMembers(text);
  if (id === undefined) return { kind: "notification", method, params, text, spans };
  if (!isRequestId(id)) throw invalid('"id" must be a string or an integer', "id");
  return { kind: "request", id, method, params, text, spans };
}

function toResponse(value: JsonObject, text: string): ResponseMessage {
  const { id, result, error } = value;
  const spans = objectMembers(text);
  if (isObject(error) && result === undefined) {
    const { code, message, data } = error;
    if (typeof code !== "number" || typeof message !== "string")
      throw invalid('"error" needs a number "code" and a string "message"', "error");
    if (id !== null && id !== undefined && !isRequestId(id))
      throw invalid('"id" must be a string, an integer or null', "id");
    return { kind: "error", id: id ?? null, error: { code, message, data }, text, spans };
  }
  if (!isObject(result) || error !== undefined)
    throw invalid('needs a "method", an object "result" or an object "error"');
  if (!isRequestId(id)) throw invalid('"id" must be a string or an integer', "id");
  return { kind: "result", id, result, text, spans };
}

/** An id must survive the way there and back, so integers beyond 2^53 are refused, too. */
function isRequestId(value: unknown): value is RequestId {
  return typeof value === "number"
    ? Number.isSafeInteger(value)
    : typeof value === "string" && value.length <= 256;
}

function invalid(problem: string, field?: string): Fault {
  return mcpFaults.fault(
    "message_invalid",
    `A JSON-RPC message ${problem}`,
    field === undefined ? {} : { field },
  );
}
