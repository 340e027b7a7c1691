/**
 * What rules want before a call goes through. All of it is one durable request, which outlives this call, this replica and
 * this process: whenever the same call comes again it finds what was said.
 */
import { approvalFaults, type Approval, type Need } from "@castellan/approvals";
import { isFault } from "@castellan/kernel";
import type { Decision } from "@castellan/policy";
import { askCaller } from "../asking/ask-caller.ts";
import { hearRetry } from "../asking/hear-retry.ts";
import type { Admitted, Approved, ApprovedCall, Authorized, ForwardTarget, Resolved } from "../call.ts";
import { decideAgain } from "../policy/decide-again.ts";
import { whatOf } from "../policy/words.ts";
import type { StateFacts } from "../request-state/request-states.ts";
import { withoutRound } from "../request-state/round.ts";
import type { CallPorts } from "../stages/stage.ts";
import { asApproved } from "./as-approved.ts";
import { approvalErrand, knownErrand } from "./approval-errand.ts";
import { callBindingOf, holdingOf } from "./call-binding.ts";
import { assertPerson, needsOf } from "./needs.ts";
import { newRequest } from "./new-request.ts";
import { badEnd } from "./refusals.ts";

export interface Meeting {
  readonly call: Admitted & Resolved & Authorized;
  readonly target: ForwardTarget;
  /** Of a modern caller that sends its request again. */
  readonly round: StateFacts | undefined;
  readonly decision: Decision;
}

/** Each one after the first comes of somebody's step in the same moment, or of a wait that is over. */
const maxTurns = 8;

/**
 * Resolves when the call may go on, or with what the caller is asked. Throws `approval_required` to callers that cannot be
 * asked, what became of the request otherwise, and `policy_denied`.
 */
export async function meetDemands(meeting: Meeting, ports: CallPorts): Promise<Approved> {
  const { round } = meeting;
  let { call } = meeting;
  const isRetry = round?.kind === "approval";
  if (isRetry) await hearRetry(knownErrand(round.id, call.principal.id, ports), meeting, ports);
  let target = isRetry ? withoutRound(meeting.target) : meeting.target;
  let { decision } = meeting;
  if (isRetry) ({ call, target, decision } = await decideAgain(call, target, ports));
  for (let turn = 0; turn < maxTurns; turn++) {
    const needs = await needsLeft(call, target, decision, ports);
    if (needs.length === 0) return { approved: undefined, target };
    const nextRound = round?.approved && (await goOn(round.approved, needs, ports));
    if (nextRound) return { approved: nextRound, target: asApproved(target) };
    const asked = newRequest({ call, target, demands: decision.demands, needs }, ports.clock.now());
    const request = await ports.approvals.ask(asked);
    const refused = request.state === "rejected" ? badEnd(request) : undefined;
    if (refused) throw refused;
    if (request.state === "approved") {
      const used = await use(request, { call, target, needs }, ports);
      if (used) return { approved: used, target: asApproved(target) };
      continue;
    }
    const errand = approvalErrand(request, target, call.principal.id, ports);
    const answer = await askCaller(errand, { call, target, round }, ports);
    if (answer) return { approved: request, answer };
    ({ call, target, decision } = await decideAgain(call, target, ports));
  }
  throw approvalFaults.fault(
    "approval_settled",
    "The request was settled while it was asked for: call again",
  );
}

/** Without what holds from earlier. Throws `policy_denied` for a program that is wanted to do what only people can. */
async function needsLeft(
  call: Meeting["call"],
  target: ForwardTarget,
  { demands, levels }: Decision,
  { approvals, clock }: CallPorts,
): Promise<readonly Need[]> {
  const needs = needsOf(demands, call.principal, clock.now());
  assertPerson({ needs, levels }, call.principal, whatOf(target));
  const lasts = needs.some((need) => need.kind !== "proof" && need.holdsSeconds > 0);
  if (!lasts) return needs;
  const held = new Set(await approvals.holding(holdingOf({ call, target }), needs));
  const left = needs.filter((need) => !held.has(need));
  if (held.size > 0 && left.length === 0) await useUp({ call, target, needs }, approvals);
  return left;
}

/** The call that a yes was asked for goes by it once, though it also holds: when it holds no more, there must be none left. */
async function useUp(
  { call, target, needs }: Pick<Meeting, "call" | "target"> & { readonly needs: readonly Need[] },
  approvals: CallPorts["approvals"],
): Promise<void> {
  const binding = callBindingOf({ call, target });
  const living = await approvals.living(binding);
  if (living?.state === "approved") await approvals.use(living.id, binding, needs);
}

/** One decision is good for one call: the request is used up, on whichever replica comes first. */
async function use(
  { id }: Approval,
  { call, target, needs }: Pick<Meeting, "call" | "target"> & { readonly needs: readonly Need[] },
  { approvals }: CallPorts,
): Promise<ApprovedCall | undefined> {
  try {
    const used = await approvals.use(id, callBindingOf({ call, target }), needs);
    if (used !== "used") return undefined;
    // A modern call may come back in rounds, each of which is good once.
    const version = call.protocol.era === "modern" ? (await approvals.find(id))?.version : undefined;
    return { id, version: version ?? 0 };
  } catch (error) {
    if (isFault(error, "approval_not_found")) return undefined;
    throw error;
  }
}

/**
 * A later round of a call for which the request was used: it is not asked for again, as long as rules want no more than
 * they did. A round that was taken already is none: its state would be a call without end.
 */
async function goOn(
  approved: ApprovedCall,
  needs: readonly Need[],
  ports: CallPorts,
): Promise<ApprovedCall | undefined> {
  const { id, version } = approved;
  const next = (await covers(approved, needs, ports)) ? await ports.approvals.goOn(id, version) : undefined;
  return next === undefined ? undefined : { id, version: next };
}

async function covers(
  { id }: ApprovedCall,
  needs: readonly Need[],
  { approvals }: CallPorts,
): Promise<boolean> {
  const request = await approvals.find(id);
  return needs.every(({ kind, rule }) =>
    request?.needs.some((need) => need.kind === kind && need.rule === rule),
  );
}

/** Whether the request by which a call went through was for all that rules want of it now. */
export function coversDemands(
  approved: ApprovedCall,
  { call, decision }: Pick<Meeting, "call" | "decision">,
  ports: CallPorts,
): Promise<boolean> {
  return covers(approved, needsOf(decision.demands, call.principal, ports.clock.now()), ports);
}
