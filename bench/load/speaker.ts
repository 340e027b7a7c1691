/** What every request of a client carries, by its era. */
import type { LoadOptions } from "./http-load.ts";

export type Era = "legacy" | "modern";

export interface Door {
  readonly url: URL;
  /** The token's, where one is wanted. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Speaker {
  readonly url: URL;
  readonly era: Era;
  /** Headers of a request, for the method and the name in its body (2026-07-28, SEP-2243). */
  headers(method: string, name?: string): Readonly<Record<string, string>>;
  /** The body of a `tools/call`. `more`: members of `params`. */
  call(id: number, tool: string, args: object, more?: object): string;
  /** The body of a `tools/list`. */
  list(id: number): string;
  /** Ends the session, if there is one. */
  end(): Promise<void>;
}

const versions = { legacy: "2025-11-25", modern: "2026-07-28" } as const;
const clientInfo = { name: "bench", version: "1" };
const requestTimeoutMs = 10_000;

/** A legacy client begins a session; a modern one has nothing to begin. */
export async function openSpeaker(door: Door, era: Era, capabilities: object = {}): Promise<Speaker> {
  const common = {
    ...door.headers,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": versions[era],
  };
  const session = era === "legacy" ? await beginSession(door.url, common, capabilities) : {};
  const meta = {
    "io.modelcontextprotocol/protocolVersion": versions.modern,
    "io.modelcontextprotocol/clientCapabilities": capabilities,
    "io.modelcontextprotocol/clientInfo": clientInfo,
  };
  return {
    url: door.url,
    era,
    headers: (method, name) => ({
      ...common,
      ...session,
      ...(era === "modern" && { "mcp-method": method, ...(name !== undefined && { "mcp-name": name }) }),
    }),
    call(id, name, args, more) {
      const params = { name, arguments: args, ...more, ...(era === "modern" && { _meta: meta }) };
      return JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params });
    },
    list(id) {
      const params = era === "modern" ? { _meta: meta } : {};
      return JSON.stringify({ jsonrpc: "2.0", id, method: "tools/list", params });
    },
    async end() {
      if (!("mcp-session-id" in session)) return;
      const headers = { ...common, ...session };
      const signal = AbortSignal.timeout(requestTimeoutMs);
      await (await fetch(door.url, { method: "DELETE", headers, signal })).text();
    },
  };
}

/** The load of one tool, on as many connections; all of a legacy client's have one session. */
export function loadOf(
  speaker: Speaker,
  tool: string,
  args: object,
): Pick<LoadOptions, "url" | "headers" | "body" | "expect"> {
  return {
    url: speaker.url,
    headers: speaker.headers("tools/call", tool),
    // An id of its own for each connection: two requests of one session must not have the same.
    body: (connection) => speaker.call(connection + 1, tool, args),
    expect: '"content"',
  };
}

/** The load of reading the whole list again and again. */
export function listLoadOf(speaker: Speaker): Pick<LoadOptions, "url" | "headers" | "body" | "expect"> {
  return {
    url: speaker.url,
    headers: speaker.headers("tools/list"),
    body: (connection) => speaker.list(connection + 1),
    expect: '"tools"',
  };
}

async function beginSession(
  url: URL,
  headers: Readonly<Record<string, string>>,
  capabilities: object,
): Promise<Record<string, string>> {
  const post = async (message: object, more: object = {}) =>
    fetch(url, {
      method: "POST",
      headers: { ...headers, ...more },
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
  const params = { protocolVersion: versions.legacy, capabilities, clientInfo };
  const response = await post({ id: 0, method: "initialize", params });
  const answer = await response.text();
  if (!response.ok) throw new Error(`initialize at ${url.href}: ${response.status} ${answer}`);
  const id = response.headers.get("mcp-session-id");
  const session: Record<string, string> = id === null ? {} : { "mcp-session-id": id };
  await (await post({ method: "notifications/initialized" }, session)).text();
  return session;
}
