/** Runs a message through the table of stages and sees to it that a call is on record before its answer leaves. */
import { isFault, kernelFaults, type Fault } from "@castellan/kernel";
import { errorText, findMethod, resultText, toWireError, type Era } from "@castellan/mcp";
import type { CallRecord } from "@castellan/audit";
import type { TraceContext } from "@castellan/telemetry";
import { webFaults } from "@castellan/web";
import type {
  Admitted,
  Answer,
  Approved,
  Authorized,
  Credentialed,
  Dispatched,
  Limited,
  Received,
  Resolved,
  Unwrapped,
} from "./call.ts";
import { approvalIn } from "./approval/refusals.ts";
import { clientOf } from "./client-identity.ts";
import { callerOf } from "./policy/caller-of.ts";
import { recordedPolicy } from "./policy/recorded.ts";
import { accountOf, dispatch } from "./stages/dispatch.ts";
import type { CallPorts, CallSummary, Stage } from "./stages/stage.ts";
import { callStages } from "./stages/table.ts";
import { traceOf } from "./trace.ts";

/** What to send back over HTTP. */
export interface Outcome {
  readonly status: number;
  /** A whole JSON-RPC message; absent for 202. */
  readonly text: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The fault that ended the call, if one did. */
  readonly fault?: Fault | undefined;
  readonly stream?: Answer["stream"];
}

export type Facts = Received &
  Partial<Admitted & Unwrapped & Resolved & Authorized & Credentialed & Approved & Limited & Dispatched>;

/**
 * Carries a message through all stages. Resolves once the call is on record; a fault of any stage is
 * in the outcome. Rejects only for defects.
 */
export async function runCall(received: Received, ports: CallPorts): Promise<Outcome> {
  const { facts, outcome, recorded } = await carryCall(received, ports);
  try {
    await recorded;
    return outcome;
  } catch (error) {
    if (!isFault(error)) throw error;
    // Without a record no answer: the caller learns only that it could not be recorded.
    const { answer: _, ...rest } = facts;
    return toOutcome(rest, error);
  }
}

/** A call that has passed all stages, or was refused by one. */
export interface Carried {
  readonly facts: Facts;
  readonly outcome: Outcome;
  /**
   * Resolves when it is on record; rejects with `audit_unavailable`, `audit_overloaded`, and defects. Nothing of the outcome may
   * leave this house before.
   */
  readonly recorded: Promise<void>;
}

/** The same without waiting for the record, for whoever sees to it that nothing leaves before. */
export async function carryCall(received: Received, ports: CallPorts): Promise<Carried> {
  const facts: Facts = { ...received };
  const failure = await runStages(facts, ports);
  facts.slot?.[Symbol.dispose]();
  facts.hold?.[Symbol.dispose]();
  const outcome = toOutcome(facts, failure?.fault);
  const recorded = isRecorded(facts, failure?.fault)
    ? record(facts, outcome, failure, ports)
    : Promise.resolve();
  return { facts, outcome, recorded };
}

async function record(
  facts: Facts,
  outcome: Outcome,
  failure: Failure | undefined,
  ports: CallPorts,
): Promise<void> {
  const trace = traceOf(facts.message, facts.header);
  const accountId = await accountUsed(facts, failure, ports);
  const entry = { ...toRecord(facts, outcome, failure, ports, trace), accountId };
  await ports.audit.append(entry, { isPatient: isPatient(facts) });
  ports.onCall?.({ ...toSummary(entry, facts), trace });
}

/** A call of code that changes nothing: nobody waits for its record before the code calls for a change, or is over. */
function isPatient({ child, target }: Facts): boolean {
  const isRead = target?.kind === "forward" && target.capability.class === "read";
  return isRead && child !== undefined && !child.isRecordAwaited();
}

/** With which account the server was asked; of what failed at the server, the one that is linked. */
async function accountUsed(
  { answer, principal, portal, target }: Facts,
  failure: Failure | undefined,
  ports: CallPorts,
): Promise<Answer["accountId"]> {
  if (failure?.stage !== dispatch.name || target?.kind !== "forward" || !principal || !portal)
    return answer?.accountId;
  return accountOf({ call: { principal, portal }, target }, ports).catch(() => undefined);
}

interface Failure {
  readonly fault: Fault;
  readonly stage: string;
}

async function runStages(facts: Facts, ports: CallPorts): Promise<Failure | undefined> {
  for (const stage of callStages.stages as readonly Stage<Facts, object>[]) {
    try {
      const added = stage.run(facts, ports);
      Object.assign(facts, added instanceof Promise ? await added : added);
      // A stage that has an answer is the last: the caller is asked something before the call can go on.
      if (facts.answer) return undefined;
    } catch (error) {
      return { fault: toFault(error, facts), stage: stage.name };
    }
  }
  return undefined;
}

/** A defect becomes a fault that says nothing but that it is ours; the defect itself is its cause. */
function toFault(error: unknown, { requestId }: Received): Fault {
  if (isFault(error, "outbound_refused")) return withoutAddress(error);
  if (isFault(error)) return error;
  return kernelFaults.fault("internal_error", `Something went wrong here (request ${requestId})`, {
    cause: error,
  });
}

/** Where a server is stays with admins, who find it in the server's state. */
function withoutAddress(cause: Fault): Fault {
  return webFaults.fault("outbound_refused", "The server's address is not one that an admin allowed", {
    cause,
  });
}

function toOutcome(facts: Facts, fault: Fault | undefined): Outcome {
  const { answer, message } = facts;
  const id = message?.kind === "request" ? message.id : null;
  // Who cancelled is not answered (2025-11-25, cancellation).
  if (fault && isCancelledByCaller(facts)) return { status: 202, text: undefined, fault };
  if (fault) {
    const { error, status } = toWireError(fault, eraOf(facts), facts.requestId);
    // 2xx to a notification or a response says that it was taken (transports).
    const isTaken = status < 300 && message !== undefined && message.kind !== "request";
    return { status: isTaken ? fault.status : status, text: errorText(id, error), fault };
  }
  if (!answer || id === null) return { status: 202, text: undefined };
  const text = answer.kind === "result" ? resultText(id, answer.text) : errorText(id, answer.text);
  return { status: answer.status ?? 200, text, headers: answer.headers, stream: answer.stream };
}

function isCancelledByCaller({ cancel }: Facts): boolean {
  return cancel.signal.aborted && isFault(cancel.signal.reason, "cancelled");
}

/** Requests are recorded once somebody is known, but for heartbeats; what is refused is, of any kind. */
function isRecorded({ principal, message, protocol }: Facts, fault: Fault | undefined): boolean {
  if (!principal) return false;
  if (fault) return true;
  if (message?.kind !== "request") return false;
  return findMethod(message.method, protocol?.era ?? "legacy")?.isRecorded !== false;
}

function toRecord(
  facts: Facts,
  outcome: Outcome,
  failure: Failure | undefined,
  { clock, replica }: CallPorts,
  trace: TraceContext | undefined,
): CallRecord {
  const { principal, message, target, answer, session, portal } = facts;
  if (!principal) throw new TypeError("a call without a principal is not recorded");
  const client = clientOf(session ?? answer?.session, message);
  return {
    id: facts.id,
    startedAtMs: facts.receivedAtMs,
    durationMs: clock.monotonic() - facts.startedMs,
    upstreamMs: answer?.upstreamMs,
    requestId: facts.requestId,
    replica,
    portal: portal?.slug ?? facts.portalSlug,
    server: target?.kind === "forward" ? target.capability.server.server.slug : undefined,
    era: facts.protocol?.era ?? null,
    method: message && "method" in message ? message.method : "",
    target: aimOf(facts),
    principalKind: principal.kind,
    principalId: principal.id,
    principalName: principal.name,
    clientName: client.name,
    clientVersion: client.version,
    clientAddress: facts.address,
    sessionId: (session ?? answer?.session)?.id,
    outcome: failure ? outcomeOf(failure) : (answer?.outcome ?? "ok"),
    stage: failure?.stage,
    code: failure?.fault.code ?? answer?.code,
    bytesIn: facts.bytesIn ?? 0,
    bytesOut: Buffer.byteLength(outcome.text ?? ""),
    traceId: trace?.traceId,
    parentCallId: facts.child?.parentCallId,
    via: facts.via,
    ...policyFacts(facts, failure?.fault),
  };
}

type PolicyFacts = Pick<CallRecord, "class" | "name" | "clientId" | "country" | "policy" | "approvalId">;

function policyFacts(
  { principal, target, connection, decision, approved }: Facts,
  fault: Fault | undefined,
): PolicyFacts {
  const capability = target?.kind === "forward" ? target.capability : undefined;
  const isRenamed = capability !== undefined && capability.name !== capability.publicName;
  return {
    class: capability?.class,
    name: isRenamed ? capability.name : undefined,
    clientId: principal && callerOf(principal).clientId,
    country: connection.country === unknownCountry ? undefined : connection.country,
    policy: recordedPolicy(decision, fault),
    approvalId: approved?.id ?? approvalIn(fault),
  };
}

/** As `policy` has it for addresses of which nobody knows. */
const unknownCountry = "ZZ";

/** Labels of metrics must not be the caller's to choose: what is not known here is called `other`. */
function toSummary(record: CallRecord, { portal, target }: Facts): Omit<CallSummary, "trace"> {
  const { server, outcome, code, stage, durationMs, upstreamMs, requestId } = record;
  const isNamedByCaller = target?.kind === "forward" && target.capability.kind === "server";
  const method = target && target.kind !== "one-way" && !isNamedByCaller ? record.method : "other";
  return {
    portal: portal?.slug ?? "other",
    server,
    method,
    outcome,
    code,
    stage,
    durationMs,
    upstreamMs,
    requestId,
    startedAtMs: record.startedAtMs,
  };
}

function outcomeOf({ fault, stage }: Failure): CallRecord["outcome"] {
  if (fault.code === "cancelled") return "cancelled";
  return stage === "dispatch" ? "error" : "refused";
}

/** What the caller aimed at, in the caller's words, also when it was not found. */
function aimOf({ target, message }: Facts): string | undefined {
  if (target?.kind === "forward") return target.capability.publicName;
  if (message?.kind !== "request") return undefined;
  const { params } = message;
  const aim = params?.["name"] ?? params?.["uri"];
  return typeof aim === "string" ? aim : undefined;
}

/** Before a message is classified, it is answered in the older way. */
function eraOf({ protocol, protocolHeaders }: Facts): Era {
  return protocol?.era ?? (protocolHeaders.method === undefined ? "legacy" : "modern");
}
