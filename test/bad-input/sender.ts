/** Requests of each era that are good but for what a row changes. */
import {
  exchange,
  jsonHeaders,
  modernMeta,
  type Reply,
  type Sent,
  type SentHeaders,
} from "../fidelity/wire.ts";
import { expectNoInsides, type Scene } from "./scene.ts";

export interface Row extends Omit<Sent, "headers"> {
  readonly url?: string;
  /** Replace those of a good request; an empty list leaves one out. */
  readonly headers?: SentHeaders;
}

export interface Sender {
  readonly legacy: (row: Row) => Promise<Reply>;
  readonly modern: (row: Row) => Promise<Reply>;
}

export function createSender(scene: () => Scene): Sender {
  async function send(base: SentHeaders, { url = scene().url, headers, ...sent }: Row): Promise<Reply> {
    const authorization = `Bearer ${scene().token}`;
    const all = Object.entries({ ...jsonHeaders, authorization, ...base, ...headers });
    const kept = all.filter(([, value]) => value.length > 0 || typeof value === "string");
    const reply = await exchange(url, { ...sent, headers: Object.fromEntries(kept) });
    expectNoInsides(reply);
    return reply;
  }
  return {
    legacy: (row) =>
      send({ "mcp-session-id": scene().sessions.own, "mcp-protocol-version": "2025-11-25" }, row),
    modern: (row) => send(modernHeaders(row.body), row),
  };
}

export function request(method: string, params = "{}", id = "1"): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`;
}

export function modernRequest(method: string, params = "{}"): string {
  return request(method, params.replace("{", params === "{}" ? `{${modernMeta}` : `{${modernMeta},`));
}

/** The headers that this body wants; a body that is no message wants those of a call. */
function modernHeaders(body: Sent["body"]): SentHeaders {
  const parsed = typeof body === "string" ? tryParse(body) : undefined;
  const { method = "tools/call", params } = parsed ?? {};
  const aim = method === "resources/read" ? params?.uri : params?.name;
  return {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": typeof method === "string" && method !== "" ? method.slice(0, 200) : "none",
    "mcp-name": typeof aim === "string" && /^[!-~]{1,200}$/.test(aim) ? aim : "m_echo",
  };
}

function tryParse(
  text: string,
): { method?: unknown; params?: { name?: unknown; uri?: unknown } } | undefined {
  try {
    return (JSON.parse(text) as { method?: unknown } | null) ?? undefined;
  } catch {
    return undefined;
  }
}
