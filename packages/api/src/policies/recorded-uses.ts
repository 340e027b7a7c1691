/** Recorded calls as rules look at them: whoever called as they stand now, from where and for what as it was recorded. */
import { setImmediate } from "node:timers/promises";
import type { CallFilter, RecordedCall } from "@castellan/audit";
import { useClasses, type RecordedUse } from "@castellan/policy";
import type { ApiPorts } from "../ports.ts";
import { createRecordedCallers } from "./recorded-callers.ts";
import { createRecordedConnections } from "./recorded-connections.ts";

const pageSize = 500;
/** For how long whoever judges them keeps others of this replica waiting. */
const turnMs = 5;

export interface ReadUsesOptions {
  readonly filter: Pick<CallFilter, "portal" | "server" | "principal" | "sinceMs" | "untilMs">;
  /** How many records at most are read. */
  readonly maxCalls: number;
  readonly ports: Pick<ApiPorts, "audit" | "database" | "countryOf" | "clock">;
  readonly signal: AbortSignal;
}

/** What was read beside what could be judged. */
export interface Reading {
  /** Records that were read. */
  read: number;
  /** Of those: calls that came to no server, or whose caller is gone. */
  skipped: number;
  /** Whether there are more than were read. */
  isCut: boolean;
}

/** Newest first. `reading` is filled in meanwhile. */
export async function* readUses(
  { filter, maxCalls, ports, signal }: ReadUsesOptions,
  reading: Reading,
): AsyncGenerator<RecordedUse> {
  const callers = createRecordedCallers(ports);
  const connections = createRecordedConnections(ports);
  let turnStartedMs = ports.clock.monotonic();
  let cursor: string | undefined;
  do {
    signal.throwIfAborted();
    const limit = Math.min(pageSize, maxCalls - reading.read);
    const { calls, nextCursor } = await ports.audit.list({ ...filter, limit, cursor });
    const uses = calls.map((call) => ({ call, use: toUse(call) }));
    const callerOf = await callers.of(uses.flatMap(({ call, use }) => (use ? call : [])));
    for (const { call, use } of uses) {
      if (ports.clock.monotonic() - turnStartedMs >= turnMs) {
        await setImmediate();
        turnStartedMs = ports.clock.monotonic();
      }
      reading.read++;
      const caller = use && callerOf(call);
      if (use && caller) yield { caller, connection: connections.of(call), use };
      else reading.skipped++;
    }
    cursor = nextCursor;
  } while (cursor !== undefined && reading.read < maxCalls);
  reading.isCut = cursor !== undefined;
}

/** Undefined for what rules are not asked about: it never came to a server, or nobody knows to what class it belonged. */
function toUse(call: RecordedCall): RecordedUse["use"] | undefined {
  const { portal, server, method, target, name, startedAtMs: nowMs } = call;
  const toolClass = useClasses.find((one) => one === call.class);
  if (portal === undefined || server === undefined || toolClass === undefined) return undefined;
  const tool = method === "tools/call" ? (name ?? target) : undefined;
  return { portal, server, class: toolClass, tool, method, arguments: undefined, nowMs };
}
