/**
 * A server refused a call that was under way, and only its caller can give what it wants: a sign-in, or more scopes. It
 * has not carried the call out. The call waits without a place and without its time running, and is then made again.
 */
import type { Fault } from "@castellan/kernel";
import { coversDemands, meetDemands, type Meeting } from "../approval/meet-demands.ts";
import type { Admitted, Answer, Approved, Credentialed, ForwardTarget, Limited, Resolved } from "../call.ts";
import { decideAgain } from "../policy/decide-again.ts";
import type { CallPorts } from "../stages/stage.ts";
import { askForLink } from "./ask-for-link.ts";

export type CallUnderWay = Admitted &
  Resolved &
  Pick<Approved, "approved"> &
  Pick<Credentialed, "round"> &
  Limited;

export type Midway =
  | { readonly kind: "asked"; readonly answer: Answer }
  /** With a place of its own, which whoever goes on gives back. */
  | { readonly kind: "again"; readonly call: CallUnderWay; readonly target: ForwardTarget };

/** Throws what `askForLink`, `decideAgain` and `CallLimiter.admit` do. */
export async function linkMidway(
  wanted: Fault,
  { call, target }: { readonly call: CallUnderWay; readonly target: ForwardTarget },
  ports: CallPorts,
): Promise<Midway> {
  call.slot?.[Symbol.dispose]();
  const { round, approved } = call;
  const answer = await askForLink(wanted, { call, target, round, approved }, ports);
  if (answer) return { kind: "asked", answer };
  const { call: now, target: same, decision } = await decideAgain(call, target, ports);
  const met = await metAgain(
    { call: { ...now, decision, hold: undefined }, target: same, round, decision },
    ports,
  );
  if (met?.answer) return { kind: "asked", answer: met.answer };
  const slot = await ports.limiter.admit(now.principal, same.capability);
  return {
    kind: "again",
    call: { ...now, slot, approved: met?.approved ?? approved },
    target: met?.target?.kind === "forward" ? met.target : same,
  };
}

/** What was said yes to is this very call: nobody is asked again, unless rules have come to want more than they did. */
async function metAgain(
  meeting: Meeting & { readonly call: Pick<Approved, "approved"> },
  ports: CallPorts,
): Promise<Approved | undefined> {
  const { call, target, decision } = meeting;
  if (decision.outcome !== "ask" || target.capability.kind === "task") return undefined;
  const { approved } = call;
  return approved && (await coversDemands(approved, meeting, ports))
    ? undefined
    : meetDemands(meeting, ports);
}
