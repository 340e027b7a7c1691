/** Recorded calls as rules look at them: whoever called as they stand now, from where and for what as it was recorded. */
import { findStanding, type Principal } from "@castellan/access";
import type { CallFilter, RecordedCall } from "@castellan/audit";
import { callerOf } from "@castellan/calls";
import { useClasses, type Caller, type Connection, type RecordedUse } from "@castellan/policy";
import type { ApiPorts } from "../ports.ts";

const pageSize = 500;
// Whoever called lately called before: those who are met again and again are few. Strangers are as many as they like.
const maxKept = 1_000;

export interface ReadUsesOptions {
  readonly filter: Pick<CallFilter, "portal" | "server" | "principal" | "sinceMs" | "untilMs">;
  /** How many records at most are read. */
  readonly maxCalls: number;
  readonly ports: Pick<ApiPorts, "audit" | "database" | "countryOf">;
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
  const callers = createCallers(ports);
  const connections = new Map<string, Connection>();
  let cursor: string | undefined;
  do {
    signal.throwIfAborted();
    const limit = Math.min(pageSize, maxCalls - reading.read);
    const { calls, nextCursor } = await ports.audit.list({ ...filter, limit, cursor });
    for (const call of calls) {
      reading.read++;
      const use = toUse(call);
      const caller = use && (await callers.find(call));
      if (use && caller) yield { caller, connection: connectionOf(call, ports, connections), use };
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

/** One object for those that came alike: what is known of a connection is worked out once. */
function connectionOf(
  { clientAddress: address = "", country }: RecordedCall,
  { countryOf }: Pick<ApiPorts, "countryOf">,
  known: Map<string, Connection>,
): Connection {
  const key = `${country ?? ""} ${address}`;
  const found = known.get(key);
  if (found) return found;
  // Certificates and what evaluators said are not recorded.
  const connection = {
    address,
    country: country ?? countryOf(address),
    certificate: undefined,
    postures: {},
  };
  return kept(known, key, connection);
}

/** One object for each caller with each of their clients. */
function createCallers({ database }: Pick<ApiPorts, "database">) {
  const known = new Map<string, Caller | undefined>();

  async function standing({ principalId, clientId }: RecordedCall): Promise<Principal | undefined> {
    const byClient = clientId && (await findStanding(database, { principalId, clientId }));
    return byClient || (await findStanding(database, { principalId, clientId: undefined }));
  }

  return {
    async find(call: RecordedCall): Promise<Caller | undefined> {
      const key = `${call.principalId} ${call.clientId ?? ""}`;
      if (known.has(key)) return known.get(key);
      const caller = call.principalKind === "public" ? ofPublic(call) : await ofPrincipal(call);
      return kept(known, key, caller);
    },
  };

  async function ofPrincipal(call: RecordedCall): Promise<Caller | undefined> {
    const principal = await standing(call);
    // The client that was recorded is the one that called, whatever is left of what it was given.
    return (
      principal && { ...callerOf(principal), ...(call.clientId !== undefined && { clientId: call.clientId }) }
    );
  }
}

/** The one that came first goes first. */
function kept<Value>(known: Map<string, Value>, key: string, value: Value): Value {
  known.set(key, value);
  const [oldest] = known.keys();
  if (known.size > maxKept && oldest !== undefined) known.delete(oldest);
  return value;
}

function ofPublic({ principalId: id, principalName: name }: RecordedCall): Caller {
  return callerOf({ kind: "public", id, name, role: "member", scopes: undefined });
}
