/**
 * Which era a message belongs to, and whether its headers say the same as its body.
 *
 * 2026-07-28 names its version in `params._meta` of every request; everything older does not
 * (versioning, "Era detection"). Decided once per message; nothing later looks at headers again.
 */
import { mcpFaults } from "../faults.ts";
import { isObject, type JsonObject, type Message } from "../jsonrpc/message.ts";
import { findMethod } from "../methods.ts";
import {
  assumedLegacyVersion,
  isLegacyVersion,
  isModernVersion,
  legacyVersions,
  metaKeys,
  modernVersions,
  type LegacyVersion,
  type ModernVersion,
} from "../versions.ts";
import { decodeHeaderValue } from "./header-value.ts";

/** The headers that take part, as they came; undefined where absent. */
export interface ProtocolHeaders {
  readonly protocolVersion: string | undefined;
  readonly sessionId: string | undefined;
  readonly method: string | undefined;
  readonly name: string | undefined;
}

export type Protocol =
  | { readonly era: "legacy"; readonly version: LegacyVersion; readonly sessionId: string | undefined }
  | { readonly era: "modern"; readonly version: ModernVersion };

/**
 * Classifies a message.
 *
 * Throws `version_unsupported`, `header_mismatch` (a header is missing or differs from the body),
 * `meta_missing` (2026-07-28 without its `_meta` keys), `message_invalid` (2026-07-28: a response).
 */
export function classify(message: Message, headers: ProtocolHeaders): Protocol {
  const meta = metaOf(message);
  const claimed = meta?.[metaKeys.protocolVersion];
  if (claimed !== undefined) return classifyModern(message, meta ?? {}, claimed, headers);
  if (isModernVersion(headers.protocolVersion)) return classifyBareModern(message, headers);
  return classifyLegacy(message, headers);
}

function classifyModern(
  message: Message,
  meta: JsonObject,
  claimed: unknown,
  headers: ProtocolHeaders,
): Protocol {
  if (headers.protocolVersion !== claimed)
    throw mismatch("MCP-Protocol-Version", headers.protocolVersion, claimed);
  if (!isModernVersion(claimed)) throw unsupported(claimed);
  if (message.kind === "request") {
    if (!isObject(meta[metaKeys.clientCapabilities]))
      throw metaMissing(metaKeys.clientCapabilities, "an object");
    assertRoutingHeaders(message.method, message.params, headers);
  }
  return { era: "modern", version: claimed };
}

/** The header says 2026-07-28, the body says nothing: only a notification may leave `_meta` out. */
function classifyBareModern(message: Message, headers: ProtocolHeaders): Protocol {
  if (message.kind === "request") throw metaMissing(metaKeys.protocolVersion, "a string");
  if (message.kind !== "notification")
    throw mcpFaults.fault(
      "message_invalid",
      "A server of 2026-07-28 asks nothing, so there is no answer to it",
    );
  return { era: "modern", version: headers.protocolVersion as ModernVersion };
}

function classifyLegacy(message: Message, headers: ProtocolHeaders): Protocol {
  const version = headers.protocolVersion ?? assumedLegacyVersion;
  // `initialize` negotiates in its body; a client may send whatever header it likes with it.
  const isNegotiating = message.kind === "request" && message.method === "initialize";
  if (!isLegacyVersion(version)) {
    if (!isNegotiating) throw unsupported(version);
    return { era: "legacy", version: assumedLegacyVersion, sessionId: headers.sessionId };
  }
  return { era: "legacy", version, sessionId: headers.sessionId };
}

/** 2026-07-28, transports: `Mcp-Method` on every request, `Mcp-Name` where the method has a name. */
function assertRoutingHeaders(
  method: string,
  params: JsonObject | undefined,
  headers: ProtocolHeaders,
): void {
  if (headers.method !== method) throw mismatch("Mcp-Method", headers.method, method);
  const nameParam = findMethod(method, "modern")?.nameParam;
  if (nameParam === undefined) return;
  const name = params?.[nameParam];
  if (typeof name !== "string")
    throw mcpFaults.fault("params_invalid", `params.${nameParam} must be a string`, {
      field: `params.${nameParam}`,
    });
  const sent = headers.name === undefined ? undefined : decodeHeaderValue(headers.name);
  if (sent !== name) throw mismatch("Mcp-Name", headers.name, name);
}

function metaOf(message: Message): JsonObject | undefined {
  if (message.kind !== "request" && message.kind !== "notification") return undefined;
  const meta = message.params?.["_meta"];
  return isObject(meta) ? meta : undefined;
}

function mismatch(header: string, sent: string | undefined, body: unknown) {
  const problem =
    sent === undefined
      ? `is missing; the body says ${quoted(body)}`
      : `is ${quoted(sent)}, but the body says ${quoted(body)}`;
  return mcpFaults.fault("header_mismatch", `Header ${header} ${problem}`, { field: header });
}

function unsupported(requested: unknown) {
  return mcpFaults.fault("version_unsupported", `Protocol version ${quoted(requested)} is not served`, {
    field: "MCP-Protocol-Version",
    data: { supported: [...modernVersions, ...legacyVersions], requested: bounded(requested) },
  });
}

function metaMissing(key: string, type: string) {
  return mcpFaults.fault("meta_missing", `params._meta["${key}"] must be ${type}`, {
    field: `params._meta.${key}`,
  });
}

function quoted(value: unknown): string {
  return JSON.stringify(bounded(value)) ?? "nothing";
}

function bounded(value: unknown): unknown {
  return typeof value === "string" ? value.slice(0, 80) : typeof value === "object" ? typeof value : value;
}
