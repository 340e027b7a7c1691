/** What comes over the wire and when, to the byte: comments and heads, which no client shows. */
import { Agent, request } from "undici";
import { metaKeys } from "../fixtures/modern-rules.ts";
import type { Door } from "../harness/callers/caller.ts";

export interface Bytes {
  readonly status: number;
  readonly contentType: string;
  /** From the request to the head of its answer, milliseconds. */
  readonly headMs: number;
  /** What came so far, each piece with its time since the request. */
  readonly pieces: readonly { readonly atMs: number; readonly text: string }[];
  readonly text: string;
  /** Resolves with the whole text; rejects when the connection breaks. */
  readonly ended: Promise<string>;
  leave(): void;
}

const agent = new Agent({ connections: null, bodyTimeout: 0, headersTimeout: 60_000 });

/** Sends a GET, or the message as a POST; resolves when the head is there. */
export async function send(
  { url, token }: Door,
  headers: Readonly<Record<string, string>>,
  message?: object,
): Promise<Bytes> {
  const leaving = new AbortController();
  const startedMs = performance.now();
  const {
    statusCode,
    headers: head,
    body,
  } = await request(url, {
    dispatcher: agent,
    method: message === undefined ? "GET" : "POST",
    signal: leaving.signal,
    headers: {
      authorization: `Bearer ${token}`,
      accept: message === undefined ? "text/event-stream" : "application/json, text/event-stream",
      ...(message !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    body: message === undefined ? null : JSON.stringify(message),
  });
  const headMs = performance.now() - startedMs;
  const pieces: { atMs: number; text: string }[] = [];
  const read = async () => {
    for await (const chunk of body.setEncoding("utf8"))
      pieces.push({ atMs: performance.now() - startedMs, text: String(chunk) });
    return pieces.map(({ text }) => text).join("");
  };
  const ended = read();
  ended.catch(() => undefined);
  return {
    status: statusCode,
    contentType: String(head["content-type"]),
    headMs,
    pieces,
    get text() {
      return pieces.map(({ text }) => text).join("");
    },
    ended,
    leave: () => leaving.abort(),
  };
}

/** A request of 2026-07-28 with the headers that it demands. */
export function sendModern(
  door: Door,
  method: string,
  params: { name?: string; [member: string]: unknown },
  meta = {},
): Promise<Bytes> {
  const headers = {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    ...(params.name !== undefined && { "mcp-name": params.name }),
  };
  const _meta = {
    [metaKeys.protocolVersion]: "2026-07-28",
    [metaKeys.clientCapabilities]: {},
    [metaKeys.clientInfo]: { name: "bytes", version: "1" },
    ...meta,
  };
  return send(door, headers, { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } });
}

/** A request in a legacy session. */
export function sendLegacy(door: Door, sessionId: string, method: string, params: object): Promise<Bytes> {
  return send(door, sessionHeaders(sessionId), { jsonrpc: "2.0", id: 1, method, params });
}

export function sessionHeaders(sessionId: string): Record<string, string> {
  return { "mcp-session-id": sessionId, "mcp-protocol-version": "2025-11-25" };
}
