/** Who comes for a run in the wrong moment: too late, twice at once, or for somebody else's. */
import { randomBytes } from "node:crypto";
import { changeMigrations, createChangeFeed, sql, type ChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock, kernelFaults, systemClock } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runUnknown } from "../faults.ts";
import { codemodeMigrations } from "../migrations.ts";
import type { Run } from "../run.ts";
import { createRuns } from "../runs/create-runs.ts";
import { defaultCodemodeSettings } from "../settings.ts";
import { Mortal } from "../testing/mortal.ts";
import { newRun, openReplica, testCaller, type ReplicaParts } from "../testing/replicas.ts";
import { prepareScript, scriptedIsolates, type Script } from "../testing/scripted-isolates.ts";
import { World } from "../testing/world.ts";

const opened = new AsyncDisposableStack();
const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
let database: Database;
let changes: ChangeFeed;
const failures: unknown[] = [];

beforeAll(async () => {
  database = opened.use(await createTestDatabase([changeMigrations, codemodeMigrations]));
  changes = opened.use(await createChangeFeed({ database }));
});
afterAll(async () => {
  await opened.disposeAsync();
  expect(failures).toEqual([]);
});

function openWorld(more: Partial<ReplicaParts> = {}) {
  const world = new World();
  const at = openReplica({
    world,
    alive: new Set(),
    database,
    vault,
    changes,
    isolates: scriptedIsolates,
    prepare: (_, code) => Promise.resolve(prepareScript(code)),
    onError: (error) => failures.push(error),
    ...more,
  });
  return { world, at };
}

const code = (key: string) => JSON.stringify([{ kind: "call", tool: "ask_a", key }] satisfies Script);

test("a run that nobody swept away is over all the same when its time is over", async () => {
  const clock = createManualClock(Date.now());
  const { world, at } = openWorld({ clock });
  await using _ = at.engine;
  const begin = () =>
    at.engine.begin({ ...newRun(at.id), startedAt: new Date(clock.now()) }, code("late"), at.going);
  const paused = await begin();
  expect(paused.status).toBe("paused");
  world.approveAll();
  clock.advance(defaultCodemodeSettings.waitMs);
  await expect(at.engine.goOn(paused.run, at.going)).rejects.toMatchObject({ code: "run_expired" });
  expect(world.writes).toEqual([]);
  // Its code begins anew.
  expect((await begin()).run).not.toBe(paused.run);
});

test("a result that nobody swept away is not read when its time is over", async () => {
  const clock = createManualClock(Date.now());
  const { at } = openWorld({ clock });
  await using _ = at.engine;
  const runs = createRuns({ database, vault, clock, letGo: () => Promise.resolve() });
  const { run } = await at.engine.begin(newRun(at.id), "[]", at.going);
  expect(await runs.result(run, testCaller.principalId)).toBe("[]");
  clock.advance(defaultCodemodeSettings.resultMs);
  expect(await runs.result(run, testCaller.principalId)).toBeUndefined();
  await expect(at.engine.goOn(run, at.going)).rejects.toMatchObject({ code: "run_result_gone" });
});

test("several come for it at the same replica before it has begun to go on: one goes on, all hear what came of it", async () => {
  const gate = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  let isSecondPass = false;
  const { world, at } = openWorld({
    prepare: async (_, text) => {
      if (isSecondPass) {
        arrived.resolve();
        await gate.promise;
      }
      return prepareScript(text);
    },
  });
  await using _ = at.engine;
  const paused = await at.engine.begin(newRun(at.id), code("several"), at.going);
  world.approveAll();
  isSecondPass = true;
  const first = at.engine.goOn(paused.run, at.going);
  await arrived.promise;
  const runs = createRuns({ database, vault, clock: systemClock, letGo: () => Promise.resolve() });
  const others = [at.engine.goOn(paused.run, at.going), at.engine.goOn(paused.run, at.going)];
  // Nobody has taken it a second time.
  await at.engine.goOnUnasked(paused.run, at.going);
  expect((await runs.find(paused.run))?.use.passes).toBe(2);
  gate.resolve();
  const answers = await Promise.all([first, ...others]);
  expect(answers.map(({ status }) => status)).toEqual(["completed", "completed", "completed"]);
  expect(world.writes.length).toBe(1);
});

test("who cannot go on with it does not make it wait any longer", async () => {
  const clock = createManualClock(Date.now());
  const { world, at } = openWorld({ clock });
  await using _ = at.engine;
  const paused = await at.engine.begin(newRun(at.id), code("longer"), at.going);
  world.approveAll();
  clock.advance(1_000);
  const seatOf = () => Promise.reject(runUnknown());
  await expect(at.engine.goOn(paused.run, { ...at.going, seatOf })).rejects.toMatchObject({
    code: "run_unknown",
  });
  const runs = createRuns({ database, vault, clock, letGo: () => Promise.resolve() });
  expect(await runs.find(paused.run)).toMatchObject({
    state: "paused",
    expiresAt: paused.status === "paused" ? paused.expiresAt : undefined,
  });
});

test("somebody else's run is as one that never was", async () => {
  const { at } = openWorld();
  await using _ = at.engine;
  const { run } = await at.engine.begin(newRun(at.id), code("own"), at.going);
  for (const other of [
    { caller: { ...testCaller, principalId: "tok_2" } },
    { caller: { ...testCaller, clientId: "cli_other" } },
    { portal: "other" },
  ])
    await expect(at.engine.goOn(run, { ...at.going, ...other })).rejects.toMatchObject({
      code: "run_unknown",
    });
});

test("who comes without a token finds no run of others behind the same address, though it is the same code", async () => {
  const { at } = openWorld();
  await using _ = at.engine;
  const caller = {
    principalKind: "public",
    principalId: "public:192.0.2.7",
    principalName: "public",
  } as const;
  const begin = () => at.engine.begin(newRun(at.id, { caller }), code("public"), { ...at.going, caller });
  const [first, second] = [await begin(), await begin()];
  expect([first.status, second.status]).toEqual(["paused", "paused"]);
  expect(second.run).not.toBe(first.run);
});

test("a name that is another tool's by the time of the yes does not lead there", async () => {
  const { world, at } = openWorld();
  await using _ = at.engine;
  const paused = await at.engine.begin(newRun(at.id), code("meaning"), at.going);
  expect(paused.status).toBe("paused");
  world.approveAll();
  const seatOf = async (run: Run) => {
    const seat = await at.going.seatOf(run);
    return { ...seat, surface: { ...seat.surface, tool: () => other } };
  };
  const other = { publicName: "s_write_everything", class: "write" } as const;
  const answer = await at.engine.goOn(paused.run, { ...at.going, seatOf });
  expect(answer).toMatchObject({ status: "failed", message: expect.stringContaining("another tool by now") });
  expect(world.writes).toEqual([]);
});

describe("the same code is sent again while it is not over", () => {
  const twoWrites = (key: string) =>
    JSON.stringify([
      { kind: "call", tool: "write_a", key },
      { kind: "sleep", ms: 400 },
      { kind: "call", tool: "write_b", key },
    ] satisfies Script);

  function twoReplicas() {
    const [world, alive, mortal] = [new World(), new Set<string>(), new Mortal()];
    const first = openWorld({ world, alive, mortal }).at;
    const other = openWorld({ world, alive }).at;
    return { world, alive, mortal, first, other };
  }

  test("whoever ran it has died, and nobody knows yet: it is gone on with, and each write is made once", async () => {
    const { world, alive, mortal, first, other } = twoReplicas();
    await using _ = other.engine;
    const run = newRun(first.id);
    void first.engine.begin(run, twoWrites("died"), first.going).catch(() => {});
    await expect.poll(() => world.writes.length, { timeout: 10_000 }).toBe(1);
    // Until its outcome is on record as well, nobody could vouch for it.
    const isSettled = async () =>
      (await database.query(sql`select from codemode_calls where run_id = ${run.id} and state = 'done'`))
        .length;
    await expect.poll(isSettled, { timeout: 10_000 }).toBe(1);
    mortal.kill();
    let isAnswered = false;
    const again = other.engine
      .begin(newRun(other.id), twoWrites("died"), other.going)
      .finally(() => (isAnswered = true));
    // Its lease says that it lives: nothing is begun before it has ended.
    await new Promise(setImmediate);
    expect([isAnswered, world.writes.length]).toEqual([false, 1]);
    alive.delete(first.id);
    expect(await again).toMatchObject({ status: "completed", run: run.id });
    expect(world.writes.map(({ tool }) => tool)).toEqual(["s_write_a", "s_write_b"]);
  });

  test("it was taken over meanwhile: whoever sends it again is told what came of it, once", async () => {
    const { world, alive, mortal, first, other } = twoReplicas();
    await using _ = other.engine;
    const run = newRun(first.id);
    void first.engine.begin(run, twoWrites("taken"), first.going).catch(() => {});
    await expect.poll(() => world.writes.length, { timeout: 10_000 }).toBe(1);
    mortal.kill();
    alive.delete(first.id);
    await other.engine.goOnUnasked(run.id, other.going);
    const again = () => other.engine.begin(newRun(other.id), twoWrites("taken"), other.going);
    const told = await again();
    expect(told.run).toBe(run.id);
    // The first write was on record with its outcome, or nobody can vouch for it: never is it made again.
    expect(world.writes.filter(({ tool }) => tool === "s_write_a").length).toBe(1);
    expect((await again()).run).not.toBe(run.id);
  });

  test("whoever runs it lives: it is meant twice", async () => {
    const { world, first, other } = twoReplicas();
    await using _ = first.engine;
    await using __ = other.engine;
    const one = first.engine.begin(newRun(first.id), twoWrites("twice"), first.going);
    await expect.poll(() => world.writes.length, { timeout: 10_000 }).toBe(1);
    const two = other.engine.begin(newRun(other.id), twoWrites("twice"), other.going);
    const answers = await Promise.all([one, two]);
    expect(answers.map(({ status }) => status)).toEqual(["completed", "completed"]);
    expect(new Set(answers.map(({ run }) => run)).size).toBe(2);
    expect(world.writes.length).toBe(4);
  });

  test("who does not wait for it to be known begins nothing", async () => {
    const { world, mortal, first, other } = twoReplicas();
    await using _ = other.engine;
    void first.engine.begin(newRun(first.id), twoWrites("left"), first.going).catch(() => {});
    await expect.poll(() => world.writes.length, { timeout: 10_000 }).toBe(1);
    mortal.kill();
    const leave = new AbortController();
    const run = newRun(other.id);
    const again = other.engine.begin(run, twoWrites("left"), { ...other.going, signal: leave.signal });
    leave.abort(kernelFaults.fault("cancelled", "The caller left"));
    await expect(again).rejects.toMatchObject({ code: "cancelled" });
    expect(await database.query(sql`select from codemode_runs where id = ${run.id}`)).toEqual([]);
  });
});
