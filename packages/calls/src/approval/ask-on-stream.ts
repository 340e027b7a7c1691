/**
 * The way of a legacy client with a stream: it is asked on the stream of its call to open the page, and the call waits. It
 * has no place among those under way meanwhile, and no time of its own runs.
 */
import type { Approval } from "@castellan/approvals";
import { isFault } from "@castellan/kernel";
import { declares, isObject, notificationText, type InputRequest } from "@castellan/mcp";
import type { Admitted, CallerSession, ForwardTarget, Resolved } from "../call.ts";
import { askClient } from "../cells/ask-client.ts";
import type { CallPorts } from "../stages/stage.ts";
import { giveUp } from "./give-up.ts";
import { assertGoesOn } from "./refusals.ts";

const maxWaitMs = 10 * 60_000;

export interface OnStream {
  readonly call: Admitted & Resolved;
  readonly target: ForwardTarget;
  readonly question: InputRequest;
}

/** The session of a client that can be asked in this way. */
export function sessionToAsk({ session, acceptsStream }: OnStream["call"]): CallerSession | undefined {
  return acceptsStream && session && declares(session.client.capabilities, "elicitation_url")
    ? session
    : undefined;
}

/**
 * Resolves when the request is settled and not refused, or still waits: after ten minutes, or when this replica stops. A client that declines, or that
 * cancels its call, takes the request back. Throws what `assertGoesOn` does, `client_unanswered`, `calls_limited`, and why
 * the call ended.
 */
export async function askOnStream(
  request: Approval,
  session: CallerSession,
  { call, target, question }: OnStream,
  ports: Pick<CallPorts, "approvals" | "limiter">,
): Promise<Approval> {
  const { cancel, draining, relay: say, principal } = call;
  using _place = ports.limiter.admitWaiting(principal);
  // Until the call goes to its server nobody else knows it by its id.
  using _tracked = session.begin(target.request.id, cancel);
  const over = new AbortController();
  const signal = AbortSignal.any([cancel.signal, over.signal]);
  const pages: string[] = [];
  const settled = ports.approvals.settled(request.id, { signal, timeoutMs: maxWaitMs });
  const asked = askClient([question], { session, say, signal, onPage: (id) => pages.push(id) });
  const declined = asked.then((answers) => !isAccepted(answers.get(question.key)));
  try {
    // Whoever decides may be quicker than the client's own person, who may have nothing to do there.
    const first = await Promise.race([
      settled,
      declined.then((isOver) => (isOver ? undefined : settled)),
      stopping(draining, over.signal).then(() => request),
    ]);
    const now = first ?? (await giveUp(request.id, principal.id, ports));
    if (first && first.state !== "pending")
      for (const elicitationId of pages)
        void say(notificationText("notifications/elicitation/complete", JSON.stringify({ elicitationId })));
    assertGoesOn(now);
    return now;
  } catch (error) {
    if (isFault(cancel.signal.reason, "cancelled")) await giveUp(request.id, principal.id, ports);
    throw error;
  } finally {
    over.abort();
    await Promise.allSettled([settled, declined]);
  }
}

/** Never, where the signal aborts first. */
function stopping(draining: AbortSignal, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (draining.aborted) resolve();
  else draining.addEventListener("abort", () => resolve(), { once: true, signal });
  return promise;
}

function isAccepted(answer: string | undefined): boolean {
  const result: unknown = JSON.parse(answer ?? "{}");
  return isObject(result) && result["action"] === "accept";
}
