/**
 * A request's `params` from one era to the other. In 2026-07-28 each request says in `_meta` who
 * asks and what they can do (basic, "Per-request metadata"), and a retry carries answers; in the
 * legacy era a session has said the former, and there is no latter.
 */
import { mcpFaults } from "../faults.ts";
import { isObjectText, withMembers, type MemberChanges } from "../json/members.ts";
import { objectMembers } from "../json/scan.ts";
import { latestModernVersion, metaKeys } from "../versions.ts";

export interface ModernEnvelope {
  /** Raw JSON object. */
  readonly clientCapabilities: string;
  /** Raw JSON object; undefined for a client that did not say. */
  readonly clientInfo: string | undefined;
  /** The least severe level of log messages that the caller wants; without one it gets none. */
  readonly logLevel?: string | undefined;
}

/** What the retry of a request carries after `input_required`, both as raw JSON. */
export interface Retry {
  readonly inputResponses: string | undefined;
  readonly requestState: string | undefined;
}

/**
 * A legacy request's `params` for a modern server. What of an envelope or a retry the caller wrote
 * into them does not get there: only the arguments here do.
 * Throws `params_invalid` when `_meta` is no object.
 */
export function toModernParams(params: string | undefined, envelope: ModernEnvelope, retry?: Retry): string {
  const text = params ?? "{}";
  const members = objectMembers(text);
  const span = members.get("_meta");
  const held = span ? text.slice(span.start, span.end) : "null";
  if (held !== "null" && !isObjectText(held))
    throw mcpFaults.fault("params_invalid", "params._meta must be an object", { field: "params._meta" });
  const meta = withMembers(held === "null" ? "{}" : held, {
    [metaKeys.protocolVersion]: JSON.stringify(latestModernVersion),
    [metaKeys.clientCapabilities]: envelope.clientCapabilities,
    [metaKeys.clientInfo]: envelope.clientInfo,
    [metaKeys.logLevel]: envelope.logLevel === undefined ? undefined : JSON.stringify(envelope.logLevel),
  });
  const { inputResponses, requestState } = retry ?? noRetry;
  return withMembers(text, { _meta: meta, inputResponses, requestState }, members);
}

const noRetry: Retry = { inputResponses: undefined, requestState: undefined };

const noEnvelope: MemberChanges = {
  [metaKeys.protocolVersion]: undefined,
  [metaKeys.clientCapabilities]: undefined,
  [metaKeys.clientInfo]: undefined,
  [metaKeys.logLevel]: undefined,
};

/** A modern request's `params` for a legacy server: without envelope and retry. */
export function toLegacyParams(params: string | undefined): string | undefined {
  if (params === undefined) return undefined;
  const members = objectMembers(params);
  const span = members.get("_meta");
  const meta = span && params.slice(span.start, span.end);
  return withMembers(
    params,
    { _meta: isObjectText(meta) ? withoutEnvelope(meta) : meta, ...noRetry },
    members,
  );
}

/** Undefined where nothing but the envelope was there. */
function withoutEnvelope(meta: string): string | undefined {
  const names = [...objectMembers(meta).keys()];
  const isEnvelopeOnly = names.length > 0 && names.every((name) => Object.hasOwn(noEnvelope, name));
  return isEnvelopeOnly ? undefined : withMembers(meta, noEnvelope);
}
