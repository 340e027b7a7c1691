/**
 * How a fault is told on the MCP wire: the one mapper from stable codes to JSON-RPC errors.
 * Codes: JSON-RPC 2.0 §5.1; 2026-07-28 basic (`-32020` to `-32022`); `-32000` to `-32019` are left
 * to implementations.
 */
import type { Fault } from "@castellan/kernel";
import type { Era } from "../versions.ts";

export const rpcCodes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  serverError: -32000,
  sessionNotFound: -32001,
  resourceNotFound: -32002,
  headerMismatch: -32020,
  missingClientCapability: -32021,
  unsupportedVersion: -32022,
  urlElicitationRequired: -32042,
} as const;

/** One number, a pair where the eras differ, or by what the fault says. */
type Told = number | Readonly<Record<Era, number>> | ((fault: Fault) => number);

interface Telling {
  /** The JSON-RPC code. */
  readonly rpc: Told;
  /** The HTTP status; without one the fault's own. `200` marks an answer to a well-formed request. */
  readonly status?: Told;
}

const tellings: Readonly<Record<string, Telling>> = {
  json_malformed: { rpc: rpcCodes.parseError },
  json_ambiguous: { rpc: rpcCodes.invalidRequest },
  json_too_deep: { rpc: rpcCodes.invalidRequest },
  batch_unsupported: { rpc: rpcCodes.invalidRequest },
  message_invalid: { rpc: rpcCodes.invalidRequest },
  media_type_unsupported: { rpc: rpcCodes.serverError },
  not_acceptable: { rpc: rpcCodes.serverError },
  header_mismatch: { rpc: rpcCodes.headerMismatch },
  version_unsupported: { rpc: rpcCodes.unsupportedVersion },
  meta_missing: { rpc: rpcCodes.invalidParams },
  method_unknown: { rpc: rpcCodes.methodNotFound, status: { legacy: 200, modern: 404 } },
  // An option in the address of a portal: nothing that the message says would mend it.
  invalid_input: { rpc: rpcCodes.invalidRequest },
  codemode_forbidden: { rpc: rpcCodes.invalidRequest },
  params_invalid: { rpc: rpcCodes.invalidParams, status: 200 },
  // The HTTP status and its header are what clients go by: the person is asked for more.
  insufficient_scope: { rpc: rpcCodes.serverError },
  access_withdrawn: { rpc: rpcCodes.serverError, status: 200 },
  account_changed: { rpc: rpcCodes.serverError, status: 200 },
  server_changed: { rpc: rpcCodes.serverError, status: 200 },
  // Whoever is kept out of the whole portal is told so by HTTP; a call is one message of many.
  policy_denied: {
    rpc: rpcCodes.serverError,
    status: ({ data, status }) => (data?.["level"] === "portal" ? status : 200),
  },
  // With pages in the form of the spec for clients that open them (2025-11-25, `URLElicitationRequiredError`).
  approval_required: {
    rpc: ({ data }) =>
      data?.["elicitations"] === undefined ? rpcCodes.serverError : rpcCodes.urlElicitationRequired,
    status: 200,
  },
  link_required: {
    rpc: ({ data }) =>
      data?.["elicitations"] === undefined ? rpcCodes.serverError : rpcCodes.urlElicitationRequired,
    status: 200,
  },
  link_declined: { rpc: rpcCodes.serverError, status: 200 },
  // An HTTP status of its own would speak of the whole portal.
  credentials_person_only: { rpc: rpcCodes.serverError, status: 200 },
  credentials_missing: { rpc: rpcCodes.internalError, status: 200 },
  credentials_unavailable: { rpc: rpcCodes.serverError, status: 200 },
  identity_refused: { rpc: rpcCodes.serverError, status: 200 },
  upstream_auth_unsupported: { rpc: rpcCodes.serverError, status: 200 },
  upstream_auth_invalid: { rpc: rpcCodes.serverError, status: 200 },
  upstream_client_refused: { rpc: rpcCodes.serverError, status: 200 },
  approval_rejected: { rpc: rpcCodes.serverError, status: 200 },
  approval_expired: { rpc: rpcCodes.serverError, status: 200 },
  approval_withdrawn: { rpc: rpcCodes.serverError, status: 200 },
  approval_settled: { rpc: rpcCodes.serverError, status: 200 },
  approval_too_large: { rpc: rpcCodes.invalidParams, status: 200 },
  // A status that clients wait for a moment on would not bring a person any sooner.
  approvals_limited: { rpc: rpcCodes.serverError, status: 200 },
  links_limited: { rpc: rpcCodes.serverError, status: 200 },
  session_required: { rpc: rpcCodes.serverError },
  session_unknown: { rpc: rpcCodes.sessionNotFound },
  request_id_in_use: { rpc: rpcCodes.invalidRequest },
  tool_unknown: { rpc: rpcCodes.invalidParams, status: 200 },
  prompt_unknown: { rpc: rpcCodes.invalidParams, status: 200 },
  task_unknown: { rpc: rpcCodes.invalidParams, status: 200 },
  client_capability_missing: {
    rpc: { legacy: rpcCodes.serverError, modern: rpcCodes.missingClientCapability },
    status: { legacy: 200, modern: 400 },
  },
  client_feature_denied: { rpc: rpcCodes.serverError, status: 200 },
  client_unanswered: { rpc: rpcCodes.serverError, status: 200 },
  resource_unknown: {
    rpc: { legacy: rpcCodes.resourceNotFound, modern: rpcCodes.invalidParams },
    status: 200,
  },
  request_state_invalid: { rpc: rpcCodes.invalidParams, status: 200 },
  // A modern caller looks for the JSON-RPC error in an answer; a legacy one may have sent a message that has none.
  exchange_lost: { rpc: rpcCodes.serverError, status: { legacy: 503, modern: 200 } },
  upstream_unreachable: { rpc: rpcCodes.serverError, status: 200 },
  upstream_timeout: { rpc: rpcCodes.serverError, status: 200 },
  upstream_refused: { rpc: rpcCodes.serverError, status: 200 },
  upstream_unauthorized: { rpc: rpcCodes.serverError, status: 200 },
  upstream_invalid: { rpc: rpcCodes.serverError, status: 200 },
  upstream_too_large: { rpc: rpcCodes.serverError, status: 200 },
  upstream_era_unsupported: { rpc: rpcCodes.serverError, status: 200 },
  call_timed_out: { rpc: rpcCodes.serverError, status: 200 },
  // An HTTP status of its own would speak of the whole portal, to proxies too.
  server_circuit_open: { rpc: rpcCodes.serverError, status: 200 },
  outbound_refused: { rpc: rpcCodes.serverError, status: 200 },
  document_unreachable: { rpc: rpcCodes.serverError, status: 200 },
  api_operation_changed: { rpc: rpcCodes.serverError, status: 200 },
};

/** Every code that this table tells in a way of its own. The error reference prints it. */
export const toldCodes: readonly string[] = Object.keys(tellings);

/** A fault as a JSON-RPC error object (text) and the HTTP status that goes with it. */
export interface WireError {
  readonly error: string;
  readonly rpcCode: number;
  readonly status: number;
}

export function toWireError(fault: Fault, era: Era, requestId: string): WireError {
  const telling = tellings[fault.code];
  const rpcCode = pick(telling?.rpc, era, fault) ?? defaultRpcCode(fault);
  const data = {
    ...fault.data,
    code: fault.code,
    requestId,
    ...(fault.field === undefined ? {} : { field: fault.field }),
    ...(fault.retryable ? { retryable: true } : {}),
  };
  return {
    error: JSON.stringify({ code: rpcCode, message: fault.message, data }),
    rpcCode,
    status: pick(telling?.status, era, fault) ?? fault.status,
  };
}

function pick(told: Told | undefined, era: Era, fault: Fault): number | undefined {
  if (typeof told === "function") return told(fault);
  return typeof told === "object" ? told[era] : told;
}

function defaultRpcCode(fault: Fault): number {
  return fault.owner === "system" ? rpcCodes.internalError : rpcCodes.serverError;
}
