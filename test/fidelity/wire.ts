/** MCP over bare `node:http`: what is sent and what comes back are texts, no SDK in between. */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { TestPortal } from "../harness/house.ts";

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Names and values; a list where one name comes twice. */
export type SentHeaders = Readonly<Record<string, string | readonly string[]>>;

export interface Sent {
  readonly method?: string;
  readonly headers?: SentHeaders;
  /** Sent with its length; a list of parts is sent chunked. */
  readonly body?: string | Uint8Array | readonly (string | Uint8Array)[];
}

/** One HTTP exchange on a connection of its own. Rejects when the connection ends without an answer. */
export function exchange(url: string, { method = "POST", headers = {}, body }: Sent): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    // An answer may come before all of the request was taken; then the rest of it fails to be written.
    request.on("error", reject);
    for (const [name, value] of Object.entries(headers)) request.setHeader(name, value);
    if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
      if (body !== undefined) request.setHeader("content-length", Buffer.byteLength(body));
      request.end(body);
    } else {
      for (const part of body) request.write(part);
      request.end();
    }
  });
}

export const jsonHeaders = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
};

/** The messages of an answer in order, each as the text that came. */
export function messagesIn({ headers, text }: Reply): string[] {
  if (!headers["content-type"]?.startsWith("text/event-stream")) return text === "" ? [] : [text];
  return text
    .split("\n\n")
    .map((event) =>
      event
        .split("\n")
        .filter((line) => line.startsWith("data: "))
        .map((line) => line.slice("data: ".length))
        .join("\n"),
    )
    .filter((data) => data !== "");
}

/** A client of one era at one portal. `params` is JSON text. */
export interface WireClient {
  readonly era: "legacy" | "modern";
  /** Sends a request under this id; the `_meta` that the era demands is added when `params` has none. */
  request(id: number, method: string, params?: string, headers?: SentHeaders): Promise<Reply>;
}

export const modernMeta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"wire","version":"1.0.0"}}`;

export function modernClient(portal: Pick<TestPortal, "url" | "headers">): WireClient {
  return {
    era: "modern",
    request(id, method, params = "{}", headers = {}) {
      const whole = params.includes('"_meta"')
        ? params
        : params.replace("{", params.trim() === "{}" ? `{${modernMeta}` : `{${modernMeta},`);
      const { name, uri } = JSON.parse(whole) as { name?: string; uri?: string };
      const aim = method === "resources/read" ? uri : ["tools/call", "prompts/get"].includes(method) && name;
      return exchange(portal.url, {
        headers: {
          ...jsonHeaders,
          ...portal.headers,
          "mcp-protocol-version": "2026-07-28",
          "mcp-method": method,
          ...(typeof aim === "string" && { "mcp-name": aim }),
          ...headers,
        },
        body: `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${whole}}`,
      });
    },
  };
}

/** Begins a session. */
export async function legacyClient(
  portal: Pick<TestPortal, "url" | "headers">,
  version = "2025-11-25",
): Promise<WireClient & { readonly sessionId: string; readonly hello: Reply }> {
  const headers = { ...jsonHeaders, ...portal.headers };
  const hello = await exchange(portal.url, {
    headers,
    body: `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"${version}","capabilities":{},"clientInfo":{"name":"wire","version":"1.0.0"}}}`,
  });
  const sessionId = String(hello.headers["mcp-session-id"]);
  const own = { ...headers, "mcp-session-id": sessionId, "mcp-protocol-version": version };
  await exchange(portal.url, {
    headers: own,
    body: '{"jsonrpc":"2.0","method":"notifications/initialized"}',
  });
  return {
    era: "legacy",
    sessionId,
    hello,
    request: (id, method, params = "{}", more = {}) =>
      exchange(portal.url, {
        headers: { ...own, ...more },
        body: `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`,
      }),
  };
}
