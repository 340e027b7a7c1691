/**
 * The way of a legacy client with a stream: it is asked on the stream of its call to open pages, and the call waits. It
 * has no place among those under way meanwhile, and no time of its own runs.
 */
import { isFault } from "@castellan/kernel";
import { declares, isObject, notificationText } from "@castellan/mcp";
import type { Admitted, CallerSession, Entered } from "../call.ts";
import { askClient } from "../cells/ask-client.ts";
import type { CallPorts } from "../stages/stage.ts";
import { questionOf, type AskedErrand, type ErrandState } from "./errand.ts";

const maxWaitMs = 10 * 60_000;

type AskedOnStream = Pick<Admitted, "cancel" | "draining" | "relay" | "principal">;

/** The session of a client that can be asked in this way. */
export function sessionToAsk({
  session,
  acceptsStream,
}: Pick<Admitted & Entered, "session" | "acceptsStream">): CallerSession | undefined {
  return acceptsStream && session && declares(session.client.capabilities, "elicitation_url")
    ? session
    : undefined;
}

/**
 * Resolves when all of them are settled, with what became of each; those that still wait are `pending`: after ten minutes, or when
 * this replica stops. A client that declines has declined for its person. Throws `client_unanswered`, `calls_limited`, and why
 * the call ended.
 */
export async function askOnStream(
  errands: readonly AskedErrand[],
  session: CallerSession,
  call: AskedOnStream,
  ports: Pick<CallPorts, "limiter">,
): Promise<readonly ErrandState[]> {
  using _place = ports.limiter.admitWaiting(call.principal);
  const over = new AbortController();
  const signal = AbortSignal.any([call.cancel.signal, over.signal]);
  const stopped = stopping(call.draining, signal);
  const asking = errands.map((errand) => askFor(errand, session, { say: call.relay, signal, stopped }));
  try {
    return await Promise.all(asking);
  } catch (error) {
    if (isFault(call.cancel.signal.reason, "cancelled"))
      await Promise.all(errands.map((errand) => errand.abandoned()));
    throw error;
  } finally {
    over.abort();
    await Promise.allSettled(asking);
  }
}

interface OnStream {
  readonly say: AskedOnStream["relay"];
  readonly signal: AbortSignal;
  readonly stopped: Promise<void>;
}

async function askFor(
  errand: AskedErrand,
  session: CallerSession,
  { say, signal: whole, stopped }: OnStream,
): Promise<ErrandState> {
  const over = new AbortController();
  const signal = AbortSignal.any([whole, over.signal]);
  const pages: string[] = [];
  const question = questionOf(errand);
  const settled = errand.settled({ signal, timeoutMs: maxWaitMs });
  const asked = askClient([question], { session, say, signal, onPage: (id) => pages.push(id) });
  const declined = asked.then((answers) => !isAccepted(answers.get(question.key)));
  try {
    // Whoever settles it may be quicker than the client's own person, who may have nothing to do there.
    const first = await Promise.race<ErrandState | "declined">([
      settled,
      declined.then<ErrandState | "declined">((isOver) => (isOver ? "declined" : settled)),
      stopped.then(() => "pending"),
    ]);
    if (first !== "declined" && first !== "pending")
      for (const elicitationId of pages)
        void say(notificationText("notifications/elicitation/complete", JSON.stringify({ elicitationId })));
    return first === "declined" ? await errand.decline() : first;
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
