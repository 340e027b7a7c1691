import { isFault, type Fault } from "@castellan/kernel";
import type { Answer, Dispatched, ForwardTarget, LocalTarget, OwnResource, Target } from "../call.ts";
import { withModernStatus } from "../cells/answer.ts";
import { upstreamEra } from "../catalog/share.ts";
import { toPublicAnswer } from "../cells/public-answer.ts";
import { cells } from "../cells/table.ts";
import { ownerOf } from "../credentials/owner-of.ts";
import { callFaults } from "../faults.ts";
import { outcomeOfFailure } from "../limits/circuits.ts";
import { Deadline } from "../limits/deadline.ts";
import { isLinkWanted, linkRefusal } from "../linking/ask-for-link.ts";
import { linkMidway, type CallUnderWay } from "../linking/link-midway.ts";
import type { CallRules } from "../limits/rules.ts";
import { isOfHouse } from "../request-state/round.ts";
import { targetOf } from "../servers/target-of.ts";
import { unknown } from "./resolve.ts";
import { defineStage, type CallPorts } from "./stage.ts";

export const dispatch = defineStage<CallUnderWay, Dispatched>({
  name: "dispatch",
  owner: "mcp",
  does: "the portal's own answer, or the message to the server: as it came, or carried over to the server's era",
  async run(call, ports) {
    const { target, portal, session } = call;
    switch (target.kind) {
      case "one-way":
        await portal.receive(call, session);
        return { answer: undefined };
      case "local":
        return { answer: await answerLocally(call, { ...target, session }, ports) };
      case "own-tool":
        return { answer: await callOwn(call, target, ports) };
      case "own-resource":
        return { answer: await readOwn(call, target.resource) };
      case "forward":
        return { answer: await forward(call, target, ports) };
    }
  },
});

/** It may wait for people, and be cancelled by its id meanwhile. */
async function callOwn(
  call: CallUnderWay,
  { tool, request }: Extract<Target, { kind: "own-tool" }>,
  ports: CallPorts,
): Promise<Answer> {
  const { session, cancel, place } = call;
  if (!place) throw new TypeError("a call of a portal's own tool came past the stage that gives it a place");
  using _tracked = session?.begin(request.id, cancel);
  try {
    const answer = await tool.call({ ...call, place }, request, ports);
    // Whoever would not be let in any more is not told what came of it.
    const end = endOf(cancel.signal);
    if (end) throw end;
    return answer;
  } catch (error) {
    throw endOf(cancel.signal) ?? error;
  }
}

/** What is not there for this caller is refused in the words of `resolve`. */
async function readOwn(call: CallUnderWay, resource: OwnResource): Promise<Answer> {
  const answer = await resource.read(call);
  if (!answer) throw unknown("resource", resource.uri, "params.uri");
  return answer;
}

/** A portal asks servers itself for some of what it answers (`resources/subscribe`). */
async function answerLocally(call: CallUnderWay, target: LocalTarget, ports: CallPorts): Promise<Answer> {
  const { portal, protocol } = call;
  try {
    return await portal.answer(call, target);
  } catch (error) {
    if (!isLinkWanted(error)) throw error;
    const { servers } = portal.scope(protocol.era);
    const server = servers.find((one) => one.server.slug === error.data?.["server"]);
    throw server ? await linkRefusal(error, call, server, ports) : error;
  }
}

/** How often a server may want something of its caller in the course of one call. */
const maxLinks = 3;

/** Made again where the server wanted an account of the caller, or more of it, and got it meanwhile. */
async function forward(first: CallUnderWay, toFirst: ForwardTarget, ports: CallPorts): Promise<Answer> {
  const timeout = ports.limiter.timeoutOf(toFirst.capability);
  using deadline = timeout && startDeadline(timeout, first, ports);
  let [call, target] = [first, toFirst];
  try {
    for (let links = 0; ; links++) {
      try {
        return await forwardOnce({ call, target, deadline }, ports);
      } catch (error) {
        if (isBegunAnew(error, call) && links < maxLinks) continue;
        if (!isLinkWanted(error)) throw error;
        if (links === maxLinks) throw await linkRefusal(error, call, target.capability.server, ports);
        using _held = deadline?.hold();
        const midway = await linkMidway(error, { call, target }, ports);
        if (midway.kind === "asked") return midway.answer;
        ({ call, target } = midway);
      }
    }
  } finally {
    if (call !== first) call.slot?.[Symbol.dispose]();
  }
}

/** On a line of an account that they have no more nothing was sent: the call is made on another line. */
function isBegunAnew(error: unknown, { round }: CallUnderWay): boolean {
  return isFault(error, "account_changed") && (round === undefined || isOfHouse(round));
}

async function forwardOnce({ call, target, deadline }: UnderWay, ports: CallPorts): Promise<Answer> {
  const { session, cancel, protocol } = call;
  const { server } = target.capability;
  using _tracked = session?.begin(target.request.id, cancel);
  const circuit = ports.circuits.enter(server);
  const startedMs = ports.clock.monotonic();
  try {
    const current = await toCurrent(target, call, ports);
    const { upstreamEra: era } = current.capability;
    const accountId = await accountOf({ call, target: current }, ports);
    await call.child?.onDispatch(current);
    const answer = await cells[protocol.era][era]({ call, target: current, deadline }, ports);
    const shown = toPublicAnswer(answer, { call, target }, ports);
    const upstreamMs = ports.clock.monotonic() - startedMs;
    circuit.end("success");
    return { ...(protocol.era === "modern" ? withModernStatus(shown) : shown), upstreamMs, accountId };
  } catch (error) {
    const cause = endOf(cancel.signal) ?? error;
    const outcome = outcomeOfFailure(cause, cancel.signal);
    circuit.end(outcome);
    if (outcome === "failure" || (isFault(cause) && saysServerIsGone.has(cause.code)))
      ports.onServerFailed?.(server.server.id);
    throw cause;
  }
}

/** The linked account that the caller's requests to the server are made with, if any. */
export function accountOf(
  {
    call,
    target,
  }: { readonly call: Pick<CallUnderWay, "principal" | "portal">; readonly target: ForwardTarget },
  { credentials }: Pick<CallPorts, "credentials">,
): Promise<Answer["accountId"]> {
  const owner = ownerOf(call.principal, call.portal.slug);
  return credentials.accountOf(targetOf(target.capability.server), owner);
}

/** To a server that was turned elsewhere, as it speaks there. */
async function toCurrent(
  target: ForwardTarget,
  { principal, portal, protocol, cancel }: CallUnderWay,
  { upstreams }: CallPorts,
): Promise<ForwardTarget> {
  const { capability } = target;
  const server = await upstreams.asItSpeaks(
    capability.server,
    ownerOf(principal, portal.slug),
    cancel.signal,
  );
  const era = upstreamEra(server, protocol.era) ?? capability.upstreamEra;
  if (server === capability.server && era === capability.upstreamEra) return target;
  return { ...target, capability: { ...capability, server, upstreamEra: era } };
}

interface UnderWay {
  readonly call: CallUnderWay;
  readonly target: ForwardTarget;
  readonly deadline: Deadline | undefined;
}

/** When the time is over the call is cancelled at the server, and the caller is told. */
function startDeadline(
  { ms, owner }: NonNullable<CallRules["timeout"]>,
  { cancel }: CallUnderWay,
  { clock }: CallPorts,
): Deadline {
  const message = `The call took longer than the ${ms / 1000} s that it may take (a limit of the ${owner}); whether it was carried out is not known`;
  const fault = () => callFaults.fault("call_timed_out", message, { data: { limit: owner } });
  return new Deadline({ timeoutMs: ms, clock, onEnd: () => cancel.abort(fault()) });
}

/** Reasons for which a call is ended here: what it fails with then is only how. */
const endsCalls: ReadonlySet<string> = new Set(["call_timed_out", "token_invalid", "access_withdrawn"]);

function endOf({ reason }: AbortSignal): Fault | undefined {
  return isFault(reason) && endsCalls.has(reason.code) ? reason : undefined;
}

/** After these it is asked again what it is, and whether it is. */
const saysServerIsGone: ReadonlySet<string> = new Set([
  "upstream_unreachable",
  "upstream_timeout",
  "upstream_refused",
  "upstream_invalid",
  "outbound_refused",
]);
