/** What is logged and counted of the house's work. */
import { defineEvent } from "@castellan/telemetry";

export const callEnded = defineEvent({
  name: "call.ended",
  level: "debug",
  message: "A call has ended",
  fields: {
    portal: "string",
    server: "string?",
    method: "string",
    outcome: "string",
    code: "string?",
    stage: "string?",
    durationMs: "number",
    upstreamMs: "number?",
    requestId: "string",
  },
  metrics: [
    {
      kind: "counter",
      name: "castellan_calls",
      help: "Calls that ended, by how they ended",
      labels: ["portal", "server", "method", "outcome"],
    },
    {
      kind: "duration",
      name: "castellan_call_duration",
      help: "Time from a call's arrival to its answer",
      value: "durationMs",
      labels: ["server"],
    },
    {
      kind: "duration",
      name: "castellan_upstream_duration",
      help: "The upstream server's part of that time",
      value: "upstreamMs",
      labels: ["server"],
    },
  ],
});

export const runEnded = defineEvent({
  name: "run.ended",
  level: "debug",
  message: "A run of code has ended",
  fields: {
    id: "string",
    portal: "string",
    tool: "string",
    server: "string?",
    state: "string",
    code: "string?",
    wallMs: "number",
    cpuMs: "number",
    calls: "number",
  },
  metrics: [
    {
      kind: "counter",
      name: "castellan_runs",
      help: "Runs of code (Code Mode) that ended, by how they ended",
      labels: ["portal", "tool", "state"],
    },
    {
      kind: "duration",
      name: "castellan_run_duration",
      help: "How long their last passes took",
      value: "wallMs",
      labels: ["tool"],
    },
  ],
});

export const requestRefused = defineEvent({
  name: "request.refused",
  level: "debug",
  message: "A request was refused before anyone was known",
  fields: { address: "string", code: "string" },
  metrics: [
    {
      kind: "counter",
      name: "castellan_requests_refused",
      help: "Requests that were refused before anyone was known",
      labels: ["code"],
    },
  ],
});

export const faultHappened = defineEvent({
  name: "fault.happened",
  level: "error",
  message: "Something went wrong here",
  fields: { requestId: "string?", error: "error" },
  metrics: [{ kind: "counter", name: "castellan_faults", help: "Failures that are this system's own" }],
});

export const serverSynced = defineEvent({
  name: "server.synced",
  level: "info",
  message: "A server's lists were read",
  fields: { server: "string", status: "string", code: "string?", latencyMs: "number?" },
  metrics: [
    {
      kind: "counter",
      name: "castellan_syncs",
      help: "Attempts at reading a server's lists",
      labels: ["server", "status"],
    },
  ],
});

export const signInHappened = defineEvent({
  name: "sign_in.happened",
  level: "info",
  message: "Somebody signed in, or was refused",
  fields: { outcome: "string", code: "string?", provider: "string", userId: "string?", address: "string" },
  metrics: [
    {
      kind: "counter",
      name: "castellan_sign_ins",
      help: "People who signed in, or were refused",
      labels: ["provider", "outcome"],
    },
  ],
});

export const providerFailed = defineEvent({
  name: "provider.failed",
  level: "warn",
  message: "An identity provider did not sign somebody in",
  fields: { provider: "string", reason: "string" },
  metrics: [
    {
      kind: "counter",
      name: "castellan_provider_failures",
      help: "Sign-ins that an identity provider did not answer as it should",
      labels: ["provider"],
    },
  ],
});

export const ruleUnusable = defineEvent({
  name: "policy.rule_unusable",
  level: "error",
  message: "A stored rule cannot be applied any more, and comes to the stricter side until it is mended",
  fields: { rule: "string", field: "string", reason: "string" },
});

export const evaluatorFailed = defineEvent({
  name: "evaluator.failed",
  level: "warn",
  message: "An evaluator gave no answer that counts",
  fields: { evaluator: "string", reason: "string" },
  metrics: [
    {
      kind: "counter",
      name: "castellan_evaluator_failures",
      help: "Questions to evaluators that were not answered as they should be",
      labels: ["evaluator"],
    },
  ],
});
