/** Who made recorded calls, as they stand now. */
import { findStandings } from "@castellan/access";
import type { RecordedCall } from "@castellan/audit";
import { callerOf } from "@castellan/calls";
import type { Caller } from "@castellan/policy";
import { RecentMap } from "@castellan/web";
import type { ApiPorts } from "../ports.ts";

interface Of extends Pick<RecordedCall, "principalKind" | "principalId" | "principalName"> {
  readonly clientId: string | undefined;
}

const maxKept = 20_000;
/** What rules come to for a caller is kept with the object that stands for them: it takes most of the memory. */
const maxLive = 2_000;

export function createRecordedCallers({ database }: Pick<ApiPorts, "database">) {
  /** One object for each caller with each of their clients; null: they are gone. */
  const known = new RecentMap<string, Caller | null>(maxKept);
  const live = new RecentMap<string, Caller>(maxLive);

  /** With the client, or what they may do themselves where nothing is left of what they gave it. */
  async function find(calls: readonly Of[]): Promise<(Caller | null)[]> {
    const byClient = await findStandings(database, calls);
    const left = calls.filter(({ clientId }, at) => clientId !== undefined && !byClient[at]);
    const bare = await findStandings(
      database,
      left.map(({ principalId }) => ({ principalId, clientId: undefined })),
    );
    const themselves = new Map(left.map((call, at) => [call, bare[at]]));
    return calls.map((call, at) => {
      const principal = byClient[at] ?? themselves.get(call);
      if (!principal) return null;
      // The client that was recorded is the one that called, whatever is left of what it was given.
      return { ...callerOf(principal), ...(call.clientId !== undefined && { clientId: call.clientId }) };
    });
  }

  return {
    /** Who made each of these calls; undefined for those who are gone. */
    async of(calls: readonly RecordedCall[]): Promise<(call: RecordedCall) => Caller | undefined> {
      const here = new Map<string, Caller | null>();
      const missing = new Map<string, Of>();
      for (const call of calls) {
        const key = keyOf(call);
        if (here.has(key) || missing.has(key)) continue;
        const caller = call.principalKind === "public" ? ofPublic(call) : known.get(key);
        if (caller === undefined) missing.set(key, toOf(call));
        else here.set(key, caller);
      }
      const found = await find([...missing.values()]);
      for (const [at, key] of [...missing.keys()].entries()) {
        here.set(key, found[at] ?? null);
        known.set(key, found[at] ?? null);
      }
      return (call) => {
        const key = keyOf(call);
        const facts = here.get(key);
        if (!facts) return undefined;
        const caller = live.get(key) ?? { ...facts };
        live.set(key, caller);
        return caller;
      };
    },
  };
}

function keyOf({ principalId, clientId }: Pick<RecordedCall, "principalId" | "clientId">): string {
  return `${principalId} ${clientId ?? ""}`;
}

function toOf({ principalKind, principalId, principalName, clientId }: RecordedCall): Of {
  return { principalKind, principalId, principalName, clientId };
}

function ofPublic({ principalId: id, principalName: name }: RecordedCall): Caller {
  return callerOf({ kind: "public", id, name, role: "member", scopes: undefined });
}
