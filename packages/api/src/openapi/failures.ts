/** Which failures an operation can have: its own, and those that it has by its nature. */
import { accessFaults } from "@castellan/access";
import { approvalFaults } from "@castellan/approvals";
import { auditFaults } from "@castellan/audit";
import { callFaults } from "@castellan/calls";
import { codemodeFaults } from "@castellan/codemode";
import { configurationFaults } from "@castellan/configuration";
import { credentialFaults } from "@castellan/credentials";
import { databaseFaults } from "@castellan/database";
import { kernelFaults, type FaultSpec } from "@castellan/kernel";
import { mcpFaults } from "@castellan/mcp";
import { noticeFaults } from "@castellan/notices";
import { oauthFaults } from "@castellan/oauth";
import { openapiFaults } from "@castellan/openapi";
import { policyFaults } from "@castellan/policy";
import { portalFaults } from "@castellan/portal";
import { registryFaults } from "@castellan/registry";
import { signInFaults } from "@castellan/sign-in";
import { vaultFaults } from "@castellan/vault";
import { webFaults } from "@castellan/web";
import { apiFaults } from "../faults.ts";
import { takesIfMatch, type Route } from "../route.ts";

const specs: Readonly<Record<string, FaultSpec>> = {
  ...kernelFaults.specs,
  ...databaseFaults.specs,
  ...webFaults.specs,
  ...vaultFaults.specs,
  ...accessFaults.specs,
  ...approvalFaults.specs,
  ...auditFaults.specs,
  ...mcpFaults.specs,
  ...callFaults.specs,
  ...credentialFaults.specs,
  ...noticeFaults.specs,
  ...oauthFaults.specs,
  ...openapiFaults.specs,
  ...policyFaults.specs,
  ...portalFaults.specs,
  ...codemodeFaults.specs,
  ...configurationFaults.specs,
  ...registryFaults.specs,
  ...signInFaults.specs,
  ...apiFaults.specs,
};

/** A failure as the document tells it. */
export interface Failure {
  readonly code: string;
  readonly status: number;
  readonly help: string;
}

/**
 * Failures that do not come of what an operation does but of where it runs: the listener in front, the database
 * behind. Any operation may answer with one of them, before or after it has begun.
 */
export const commonFailures: readonly Failure[] = [
  "route_unknown",
  "method_not_allowed",
  "host_not_allowed",
  "origin_not_allowed",
  "address_limited",
  "body_incomplete",
  "token_check_unavailable",
  "replica_stale",
  "database_unavailable",
  "database_timeout",
  "database_contention",
  "database_outcome_unknown",
  "database_disk_full",
  "cancelled",
  "shutting_down",
  "internal_error",
].map(toFailure);

const bodyCodes = [
  "json_malformed",
  "json_ambiguous",
  "json_too_deep",
  "body_too_large",
  "media_type_unsupported",
  "content_encoding_unsupported",
];

/** Failures of operations by the way in which they are asked: who asks, and in which form. Nearly all have all of them. */
export const askingFailures: readonly Failure[] = [
  "token_missing",
  "token_invalid",
  "token_expired",
  "permission_required",
  "invalid_input",
  ...bodyCodes,
].map(toFailure);

/** What the operation itself can answer, by status and code. */
export function failuresOf(route: Route): Failure[] {
  const codes = new Set([
    "token_missing",
    "token_invalid",
    "token_expired",
    ...(route.permission === "use" ? [] : ["permission_required"]),
    // A parameter that nobody knows is refused everywhere.
    "invalid_input",
    ...(route.body === undefined ? [] : bodyCodes),
    ...(takesIfMatch(route) ? ["version_stale"] : []),
    ...(route.takesIdempotencyKey === true ? ["idempotency_in_progress", "idempotency_key_reused"] : []),
    ...(route.errors ?? []),
  ]);
  return [...codes].map(toFailure).toSorted((a, b) => a.status - b.status || (a.code < b.code ? -1 : 1));
}

function toFailure(code: string): Failure {
  const spec = specs[code];
  if (spec === undefined) throw new TypeError(`No catalog of faults has the code "${code}"`);
  return { code, status: spec.status, help: spec.help };
}
