import { isFault } from "@castellan/kernel";
import { expect, test } from "vitest";
import { parseMessage } from "../jsonrpc/message.ts";
import { classify, type ProtocolHeaders } from "./classify.ts";

const none: ProtocolHeaders = {
  protocolVersion: undefined,
  sessionId: undefined,
  method: undefined,
  name: undefined,
};

function outcome(body: object, headers: Partial<ProtocolHeaders>) {
  try {
    return classify(parseMessage(JSON.stringify({ jsonrpc: "2.0", ...body })), { ...none, ...headers });
  } catch (error) {
    if (isFault(error)) return error.code;
    throw error;
  }
}

const meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};
const call = { id: 1, method: "tools/call", params: { name: "search", _meta: meta } };
const callHeaders = { protocolVersion: "2026-07-28", method: "tools/call", name: "search" };
const modern = { era: "modern", version: "2026-07-28" };

test.each<[string, object, Partial<ProtocolHeaders>, unknown]>([
  ["a modern call", call, callHeaders, modern],
  [
    "a modern call of a name in base64",
    { ...call, params: { name: "ü", _meta: meta } },
    { ...callHeaders, name: "=?base64?w7w=?=" },
    modern,
  ],
  ["a session id on a modern call, ignored", call, { ...callHeaders, sessionId: "x" }, modern],
  ["no version header", call, { ...callHeaders, protocolVersion: undefined }, "header_mismatch"],
  ["another version header", call, { ...callHeaders, protocolVersion: "2025-11-25" }, "header_mismatch"],
  ["no Mcp-Method", call, { ...callHeaders, method: undefined }, "header_mismatch"],
  ["another Mcp-Method", call, { ...callHeaders, method: "tools/list" }, "header_mismatch"],
  ["no Mcp-Name", call, { ...callHeaders, name: undefined }, "header_mismatch"],
  ["another Mcp-Name", call, { ...callHeaders, name: "delete" }, "header_mismatch"],
  ["broken base64 in Mcp-Name", call, { ...callHeaders, name: "=?base64?/w==?=" }, "header_mismatch"],
  ["a call without a name", { ...call, params: { _meta: meta } }, callHeaders, "params_invalid"],
  [
    "the modern header without _meta",
    { id: 1, method: "tools/list" },
    { protocolVersion: "2026-07-28" },
    "meta_missing",
  ],
  [
    "no client capabilities",
    {
      ...call,
      params: { name: "search", _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } },
    },
    callHeaders,
    "meta_missing",
  ],
  [
    "a version from the future",
    {
      ...call,
      params: { name: "search", _meta: { ...meta, "io.modelcontextprotocol/protocolVersion": "2030-01-01" } },
    },
    { ...callHeaders, protocolVersion: "2030-01-01" },
    "version_unsupported",
  ],
  ["a modern notification", { method: "notifications/cancelled" }, { protocolVersion: "2026-07-28" }, modern],
  [
    "a legacy request",
    { id: 1, method: "tools/list" },
    { protocolVersion: "2025-06-18", sessionId: "s" },
    { era: "legacy", version: "2025-06-18", sessionId: "s" },
  ],
  [
    "a legacy request without a version",
    { id: 1, method: "tools/list" },
    {},
    { era: "legacy", version: "2025-03-26", sessionId: undefined },
  ],
  [
    "an initialize with a header from the future",
    { id: 1, method: "initialize" },
    { protocolVersion: "2030-01-01" },
    { era: "legacy", version: "2025-03-26", sessionId: undefined },
  ],
  [
    "a legacy request of an unknown version",
    { id: 1, method: "tools/list" },
    { protocolVersion: "1.0" },
    "version_unsupported",
  ],
  [
    "a response, where nobody asks",
    { id: 1, result: {} },
    { protocolVersion: "2026-07-28" },
    "message_invalid",
  ],
  [
    "a response in a session",
    { id: 1, result: {} },
    { protocolVersion: "2025-11-25", sessionId: "s" },
    { era: "legacy", version: "2025-11-25", sessionId: "s" },
  ],
])("%s", (_, body, headers, expected) => {
  expect(outcome(body, headers)).toEqual(expected);
});
