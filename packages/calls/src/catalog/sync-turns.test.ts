import { sql } from "@castellan/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findings, newServer, openStores, type TestStores } from "../testing.ts";
import type { SyncTurn } from "./sync-turns.ts";

let stores: TestStores;

beforeAll(async () => {
  stores = await openStores();
});

afterAll(() => stores[Symbol.asyncDispose]());

const leaseMs = 60_000;

async function begin(id: Parameters<TestStores["definitions"]["beginSync"]>[0], gapMs?: number) {
  const turn = await stores.definitions.beginSync(id, { leaseMs, gapMs });
  if (turn?.kind !== "turn") throw new Error(`no turn: ${turn?.kind ?? "gone"}`);
  return turn;
}

/** Makes it as if all syncs had begun, and their leases been given, so much earlier. */
async function pass(ms: number): Promise<void> {
  const age = sql`${ms}::float8 * interval '1 millisecond'`;
  await stores.database.query(
    sql`update server_syncs set begun_at = begun_at - ${age}, busy_until = busy_until - ${age}`,
  );
}

const kindOf = async (id: SyncTurn["serverId"], gapMs: number) =>
  (await stores.definitions.beginSync(id as never, { leaseMs, gapMs }))?.kind;

test("of several that would begin at one moment, one does", async () => {
  const { id } = await stores.servers.add(newServer("once"));
  const kinds = await Promise.all(Array.from({ length: 8 }, () => kindOf(id, 0)));
  expect(kinds.toSorted()).toEqual([...Array.from({ length: 7 }, () => "taken"), "turn"]);
});

test("what a server is removed under comes to nothing, and to no failure", async () => {
  const { definitions, servers } = stores;
  const { id } = await servers.add(newServer("vanishing"));
  const asked = Array.from({ length: 8 }, () => definitions.beginSync(id, { leaseMs }));
  const [, ...turns] = await Promise.all([servers.remove("vanishing"), ...asked]);
  for (const turn of turns) expect(["turn", undefined]).toContain(turn?.kind);
  expect(await definitions.beginSync(id, { leaseMs })).toBeUndefined();
});

test("the next begins when the one before has ended, and not sooner than the gap after it began", async () => {
  const { definitions, servers } = stores;
  const { id } = await servers.add(newServer("next"));
  const first = await begin(id, 1_000);
  await pass(5_000);
  expect(await kindOf(id, 1_000)).toBe("taken");
  await definitions.saveSync(id, findings(["a"]), first);
  expect(await definitions.beginSync(id, { leaseMs, gapMs: 30_000 })).toEqual({
    kind: "taken",
    begunAgoMs: expect.closeTo(5_000, -4) as number,
  });
  const second = await begin(id, 1_000);
  expect(second.number).toBe(first.number + 1);
  await definitions.endSync(second);
  await pass(1_000);
  expect(await kindOf(id, 1_000)).toBe("turn");
});

test("one whose replica died is not waited for when its lease has ended", async () => {
  const { id } = await stores.servers.add(newServer("died"));
  await begin(id);
  await pass(leaseMs - 1_000);
  expect(await kindOf(id, 0)).toBe("taken");
  await pass(2_000);
  expect(await kindOf(id, 0)).toBe("turn");
});

test("what an earlier one found does not replace what a later one did, be it a failure", async () => {
  const { definitions, servers } = stores;
  const { id } = await servers.add(newServer("late"));
  const [early, late] = [await begin(id), await begin(id)];
  await definitions.saveSync(id, findings(["new"]), late);
  await definitions.saveSync(id, findings(["old"]), early);
  await definitions.saveFailure(id, { code: "upstream_timeout", message: "old" }, early);
  const offered = (await definitions.findByServers([id])).get(id)?.map(({ name }) => name);
  expect([offered, (await servers.get("late")).state.status]).toEqual([["new"], "ready"]);
});

test("the end of an earlier one leaves a later one its turn", async () => {
  const { definitions, servers } = stores;
  const { id } = await servers.add(newServer("outlived"));
  const [early, late] = [await begin(id), await begin(id)];
  await definitions.saveSync(id, findings(["old"]), early);
  await definitions.endSync(early);
  expect(await kindOf(id, 0)).toBe("taken");
  await definitions.saveFailure(id, { code: "upstream_timeout", message: "late" }, late);
  expect((await servers.get("outlived")).state.status).toBe("stale");
  expect(await kindOf(id, 0)).toBe("turn");
});

test("a server that is not there has no turns", async () => {
  const { definitions, servers } = stores;
  const { id } = await servers.add(newServer("gone"));
  const turn = await begin(id);
  await servers.remove("gone");
  expect(await definitions.beginSync(id, { leaseMs })).toBeUndefined();
  await definitions.saveSync(id, findings(["x"]), turn);
  expect(await definitions.findByServers([id])).toEqual(new Map());
});
