/** Replicas of an installation, as far as runs need them, over the same tables. */
import type { ChangeFeed, Database } from "@castellan/database";
import { createId, systemClock, type Clock, type Id } from "@castellan/kernel";
import { replicaFaults, type LetterListener, type Replicas } from "@castellan/replicas";
import type { Vault } from "@castellan/vault";
import { Engine, type EngineOptions, type GoingOn } from "../engine/engine.ts";
import type { Run } from "../run.ts";
import { defaultCodemodeSettings, type CodemodeSettings } from "../settings.ts";
import { Mortal } from "./mortal.ts";
import type { World } from "./world.ts";

export const testCaller = {
  principalKind: "service",
  principalId: "tok_1",
  principalName: "a program",
} as const;

export interface ReplicaParts extends Pick<EngineOptions, "isolates" | "prepare" | "onError"> {
  readonly world: World;
  /** Ids of the replicas that the others take for living. */
  readonly alive: Set<string>;
  readonly mortal?: Mortal;
  readonly database: Database;
  readonly vault: Vault;
  readonly changes: Pick<ChangeFeed, "on">;
  readonly clock?: Clock;
  readonly settings?: Partial<CodemodeSettings>;
}

/** What each of them listens to, by their ids and topics. */
const listeners = new Map<string, LetterListener>();

/** Letters between replicas of this process: the dead take none, and are gone when the others take them for dead. */
function openPost({
  id,
  alive,
  mortal,
}: {
  readonly id: Id<"replica">;
  readonly alive: ReadonlySet<string>;
  readonly mortal: Mortal;
}): Pick<Replicas, "id" | "isAlive" | "send" | "on"> {
  return {
    id,
    isAlive: (other) => Promise.resolve(alive.has(other)),
    send: async (to, topic, body) => {
      if (!alive.has(to)) throw replicaFaults.fault("replica_gone", "Its lease has ended");
      if (!mortal.isDead) await listeners.get(`${to} ${topic}`)?.(body, id);
    },
    on: (topic, listener) => {
      listeners.set(`${id} ${topic}`, async (body, from) => {
        if (!mortal.isDead) await listener(body, from);
      });
      return () => void listeners.delete(`${id} ${topic}`);
    },
  };
}

export interface TestReplica {
  readonly replicas: Pick<Replicas, "id" | "isAlive">;
  readonly id: Id<"replica">;
  readonly engine: Engine;
  readonly going: GoingOn;
}

export function openReplica(parts: ReplicaParts): TestReplica {
  const { world, alive, mortal = new Mortal(), database, changes, settings, clock = systemClock } = parts;
  const id = createId("replica");
  alive.add(id);
  const replicas = openPost({ id, alive, mortal });
  const engine = new Engine({
    ...parts,
    database: mortal.database(database),
    clock,
    // Nobody waits until a dead one has heard.
    changes: { on: (topic, listener) => changes.on(topic, (keys) => void listener(keys)) },
    replicas: { ...replicas, lapsed: new AbortController().signal },
    letGo: () => Promise.resolve(),
    settings: { ...defaultCodemodeSettings, ...settings },
  });
  const going: GoingOn = {
    caller: testCaller,
    portal: "tools",
    signal: new AbortController().signal,
    seatOf: () => ({ surface: world.surface, calls: world.calls(mortal.step) }),
    settled: (waits) => world.settled(waits),
  };
  return { id, replicas, engine, going };
}

export function newRun(replica: Id<"replica">, more: Partial<Run> = {}): Run {
  const nowMs = Date.now();
  return {
    id: createId("run"),
    state: "running",
    tool: "execute",
    room: { kind: "portal" },
    caller: testCaller,
    portal: "tools",
    place: {
      requestId: "req",
      address: "192.0.2.7",
      connection: { address: "192.0.2.7", country: "ZZ", certificate: undefined, postures: {} },
      ownHost: undefined,
      client: {},
    },
    callId: createId("call"),
    startedAt: new Date(nowMs),
    expiresAt: new Date(nowMs + 3_600_000),
    waits: [],
    version: 1,
    replica,
    use: { wallMs: 0, cpuMs: 0, passes: 1, calls: 0 },
    ...more,
  };
}
