import type { Message } from "@castellan/mcp";
import type { Stage } from "../stages/stage.ts";
import type { ServerExchange } from "./exchange.ts";
import { serverMessageStages, type HearPorts, type Heard } from "./stages.ts";

const stages = serverMessageStages.stages as readonly Stage<Heard, object, HearPorts>[];

/**
 * Carries what a server said through its table of stages. A promise, if there is one, resolves when the
 * next message may be read. Throws `audit_unavailable`, `audit_overloaded`.
 */
export function hear(message: Message, exchange: ServerExchange, ports: HearPorts): void | Promise<void> {
  return carry({ message, exchange }, ports, 0);
}

/** Without a promise as long as no stage needs one: most messages are notifications on a busy stream. */
function carry(facts: Heard, ports: HearPorts, from: number): void | Promise<void> {
  for (let at = from; at < stages.length; at++) {
    const added = stages[at]?.run(facts, ports);
    if (added instanceof Promise)
      return added.then((found: object) => carry({ ...facts, ...found }, ports, at + 1));
    Object.assign(facts, added);
  }
}
