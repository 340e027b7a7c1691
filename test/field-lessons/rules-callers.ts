/** The first word of a client, and what comes of it. */
import type { Era } from "../fixtures/exotic.ts";
import { exchange, type Reply } from "../fidelity/wire.ts";
import type { Door } from "../harness/callers/caller.ts";
import type { Loose } from "../harness/callers/inbox.ts";

/** The first thing that a client of the era says. */
export function first(
  era: Era,
  { url, token }: Door,
  more: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const isLegacy = era === "legacy";
  const method = isLegacy ? "initialize" : "tools/list";
  const clientInfo = { name: "c", version: "1" };
  const params = isLegacy
    ? { protocolVersion: "2025-11-25", capabilities: {}, clientInfo }
    : {
        _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientCapabilities": {},
        },
      };
  return exchange(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(token !== "" && { authorization: `Bearer ${token}` }),
      ...(!isLegacy && { "mcp-protocol-version": "2026-07-28", "mcp-method": method }),
      ...more,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
}

/** Of a failure, however it is told. */
export function codeOf(text: string): string | undefined {
  const { code, error } = JSON.parse(text) as Loose;
  return code ?? error?.data?.code;
}
