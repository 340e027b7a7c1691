import type { Admitted, Answer, Dispatched, ForwardTarget, Resolved } from "../call.ts";
import { withModernStatus } from "../cells/answer.ts";
import { toPublicAnswer } from "../cells/public-answer.ts";
import { cells } from "../cells/table.ts";
import { isFault } from "@castellan/kernel";
import { defineStage, type CallPorts } from "./stage.ts";

type Needs = Admitted & Resolved;

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
  const startedMs = ports.clock.monotonic();
  try {
    const answer = await cells[protocol.era][upstreamEra]({ call, target }, ports);
    const shown = toPublicAnswer(answer, { call, target }, ports);
    const upstreamMs = ports.clock.monotonic() - startedMs;
    return { ...(protocol.era === "modern" ? withModernStatus(shown) : shown), upstreamMs };
  } catch (error) {
    if (isFault(error) && saysServerIsGone.has(error.code)) ports.onServerFailed?.(server.server.id);
    throw error;
  }
}

/** After these it is asked again what it is, and whether it is. */
const saysServerIsGone: ReadonlySet<string> = new Set([
  "upstream_unreachable",
  "upstream_timeout",
  "upstream_refused",
  "upstream_invalid",
]);
