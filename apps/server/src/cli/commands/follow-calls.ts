/** `castellan calls --follow`: calls as they are recorded. */
import { setTimeout as delay } from "node:timers/promises";
import type { Call } from "@castellan/client";
import { toJson } from "../output/json.ts";
import type { Session } from "../session.ts";
import { callLine } from "./call-columns.ts";
import { readCalls, type CallsQuery } from "./read-calls.ts";

const everyMs = 1000;
/** A call is recorded when it has ended but listed by when it began: so far back is looked for it. */
const lookBackMs = 5 * 60_000;
const maxNew = 2000;

/** Shows the newest calls, then each new one, until the process is ended. */
export async function followCalls(session: Session, query: CallsQuery, limit: number): Promise<never> {
  const { api, terminal } = session;
  const heads = new Map<number, number>();
  const seen = await readCalls(api, query, Math.max(limit, maxNew));
  advance(heads, seen);
  print(session, seen.slice(0, limit));
  for (;;) {
    await delay(everyMs);
    const since = new Date(terminal.now() - lookBackMs).toISOString();
    const found = await readCalls(api, { ...query, since }, maxNew, (call) => isNew(heads, call));
    if (found.length >= maxNew) terminal.note(`At least ${maxNew} calls at once: some may be missing here`);
    print(session, found);
    advance(heads, found);
  }
}

/** Within a chain of records a later one has a higher place. */
function isNew(heads: ReadonlyMap<number, number>, { chain, seq }: Call): boolean {
  return seq > (heads.get(chain) ?? 0);
}

function advance(heads: Map<number, number>, calls: readonly Call[]): void {
  for (const { chain, seq } of calls) heads.set(chain, Math.max(seq, heads.get(chain) ?? 0));
}

function print({ terminal, isJson }: Session, newestFirst: readonly Call[]): void {
  for (const call of newestFirst.toReversed())
    terminal.print(isJson ? toJson(call) : callLine(call, terminal.paint));
}
