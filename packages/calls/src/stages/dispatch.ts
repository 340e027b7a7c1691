import { isFault } from "@castellan/kernel";
import type { Admitted, Answer, Approved, Dispatched, ForwardTarget, Resolved } from "../call.ts";
import { withModernStatus } from "../cells/answer.ts";
import { toPublicAnswer } from "../cells/public-answer.ts";
import { cells } from "../cells/table.ts";
import { callFaults } from "../faults.ts";
import { outcomeOfFailure } from "../limits/circuits.ts";
import { Deadline } from "../limits/deadline.ts";
import type { CallRules } from "../limits/rules.ts";
import { defineStage, type CallPorts } from "./stage.ts";

type Needs = Admitted & Resolved & Pick<Approved, "approved">;

export const dispatch = defineStage<Needs, Dispatched>({
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
        return { answer: await portal.answer(call, { ...target, session }) };
      case "own-tool":
        return { answer: await target.tool.call(call, target.request) };
      case "forward":
        return { answer: await forward(call, target, ports) };
    }
  },
});

async function forward(call: Needs, target: ForwardTarget, ports: CallPorts): Promise<Answer> {
  const { session, cancel, protocol } = call;
  const { server, upstreamEra } = target.capability;
  using _tracked = session?.begin(target.request.id, cancel);
  const circuit = ports.circuits.enter(server);
  const timeout = ports.limiter.timeoutOf(target.capability);
  using deadline = timeout && startDeadline(timeout, call, ports);
  const startedMs = ports.clock.monotonic();
  try {
    const answer = await cells[protocol.era][upstreamEra]({ call, target, deadline }, ports);
    const shown = toPublicAnswer(answer, { call, target }, ports);
    const upstreamMs = ports.clock.monotonic() - startedMs;
    circuit.end("success");
    return { ...(protocol.era === "modern" ? withModernStatus(shown) : shown), upstreamMs };
  } catch (error) {
    const { reason } = cancel.signal;
    const cause = isFault(reason) && endsCalls.has(reason.code) ? reason : error;
    const outcome = outcomeOfFailure(cause, cancel.signal);
    circuit.end(outcome);
    if (outcome === "failure" || (isFault(cause) && saysServerIsGone.has(cause.code)))
      ports.onServerFailed?.(server.server.id);
    throw cause;
  }
}

/** When the time is over the call is cancelled at the server, and the caller is told. */
function startDeadline(
  { ms, owner }: NonNullable<CallRules["timeout"]>,
  { cancel }: Needs,
  { clock }: CallPorts,
): Deadline {
  const message = `The call took longer than the ${ms / 1000} s that it may take (a limit of the ${owner}); whether it was carried out is not known`;
  const fault = () => callFaults.fault("call_timed_out", message, { data: { limit: owner } });
  return new Deadline({ timeoutMs: ms, clock, onEnd: () => cancel.abort(fault()) });
}

/** Reasons for which a call is ended here: what it fails with then is only how. */
const endsCalls: ReadonlySet<string> = new Set(["call_timed_out", "token_invalid", "access_withdrawn"]);

/** After these it is asked again what it is, and whether it is. */
const saysServerIsGone: ReadonlySet<string> = new Set([
  "upstream_unreachable",
  "upstream_timeout",
  "upstream_refused",
  "upstream_invalid",
  "outbound_refused",
]);
