/** What goes on though nobody waits for it. */
import { randomBytes } from "node:crypto";
import {
  changeMigrations,
  createChangeFeed,
  recordChange,
  sql,
  type ChangeFeed,
  type Database,
} from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { isFault, systemClock, type Id } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runUnknown } from "../faults.ts";
import { codemodeMigrations } from "../migrations.ts";
import type { Run, RunCaller } from "../run.ts";
import { begin } from "../runs/begin.ts";
import { findEnding, findRuns } from "../runs/reading.ts";
import { defaultCodemodeSettings } from "../settings.ts";
import { Mortal } from "../testing/mortal.ts";
import { newRun, openReplica, testCaller, type TestReplica } from "../testing/replicas.ts";
import { prepareScript, scriptedIsolates, type Script } from "../testing/scripted-isolates.ts";
import { World } from "../testing/world.ts";
import { markDecided } from "./due-runs.ts";
import { Background, type BackgroundOptions } from "./background.ts";

const opened = new AsyncDisposableStack();
const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
let database: Database;
let changes: ChangeFeed;

beforeAll(async () => {
  database = opened.use(await createTestDatabase([changeMigrations, codemodeMigrations]));
  changes = opened.use(await createChangeFeed({ database }));
});
afterAll(() => opened.disposeAsync());

const standing = { kind: "token", id: "tok_1", scopes: ["portal:tools"], sinceMs: 0 } as const;

function installation() {
  const world = new World();
  const alive = new Set<string>();
  const errors: unknown[] = [];
  const join = (mortal = new Mortal()) =>
    openReplica({
      world,
      alive,
      mortal,
      database,
      vault,
      changes,
      isolates: scriptedIsolates,
      prepare: (_, code) => Promise.resolve(prepareScript(code)),
      onError: (error) => errors.push(error),
    });
  const serve = ({ engine, going, replicas }: TestReplica, more: Partial<BackgroundOptions> = {}) =>
    new Background({
      engine,
      replicas,
      database,
      clock: systemClock,
      changes,
      seatOf: async (run) => {
        if (!run.caller.standing) throw runUnknown();
        return going.seatOf(run);
      },
      seenTo: (waits) => world.seenTo(waits),
      settled: (waits) => world.settled(waits),
      letGo: () => Promise.resolve(),
      settings: { ...defaultCodemodeSettings, goOnAfterMs: 10, sweepEveryMs: 3_600_000 },
      onError: (error) => errors.push(error),
      ...more,
    });
  return { world, alive, errors, join, serve };
}

const stateOf = async (id: Id<"run">) => (await findRuns(database, [id]))[0]?.state;
const script = (key: string): string =>
  JSON.stringify([
    { kind: "call", tool: "write_a", key },
    { kind: "call", tool: "ask_a", key },
  ] satisfies Script);

test("a run goes on by itself once it is decided, on one of the replicas", async () => {
  const { world, errors, join, serve } = installation();
  const [begun, one, other] = [join(), join(), join()];
  await using _ = serve(one);
  await using __ = serve(other);
  const run = newRun(begun.id, { caller: { ...testCaller, standing } });
  const answer = await begun.engine.begin(run, script("decided"), begun.going);
  expect(answer.status).toBe("paused");
  world.approveAll();
  const wait = answer.status === "paused" ? answer.waits[0] : undefined;
  await recordChange(database, "approvals", wait?.id ?? "");
  await expect.poll(() => stateOf(run.id), { timeout: 10_000 }).toBe("completed");
  expect(world.writes.map(({ tool }) => tool)).toEqual(["s_write_a", "s_ask_a"]);
  // Whoever sends the code again is told what came of it, once; after that they mean another run.
  const again = () =>
    begun.engine.begin(
      newRun(begun.id, { caller: { ...testCaller, standing } }),
      script("decided"),
      begun.going,
    );
  expect(await again()).toMatchObject({ status: "completed", run: run.id });
  expect((await again()).run).not.toBe(run.id);
  expect(errors).toEqual([]);
});

test("what was not heard of is found when it is looked for, and what cannot go on without its caller waits", async () => {
  const { world, join, serve } = installation();
  const at = join();
  await using background = serve(at);
  const known = newRun(at.id, { caller: { ...testCaller, standing } });
  const unknown = newRun(at.id);
  await at.engine.begin(known, script("found"), at.going);
  await at.engine.begin(unknown, script("alone"), at.going);
  await background.sweep();
  expect([await stateOf(known.id), await stateOf(unknown.id)]).toEqual(["paused", "paused"]);
  world.approveAll();
  await background.sweep();
  await expect.poll(() => stateOf(known.id), { timeout: 10_000 }).toBe("completed");
  expect(await stateOf(unknown.id)).toBe("paused");
});

test("runs of a replica that died go on, wait for their caller, or fail and name what nobody knows", async () => {
  const { world, alive, join, serve } = installation();
  const [survivor, dead] = [join(), new Mortal()];
  const dying = join(dead);
  await using background = serve(survivor);
  const begin = async (caller: object, code: string, from: TestReplica) => {
    const run = newRun(from.id, { caller: { ...testCaller, ...caller } });
    from.engine.begin(run, code, from.going).catch(() => {});
    await expect.poll(() => stateOf(run.id), { timeout: 10_000 }).toBe("running");
    return run.id;
  };
  const sleeping = (key: string) =>
    JSON.stringify([
      { kind: "call", tool: "read_a", key },
      { kind: "sleep", ms: 60_000 },
    ]);
  const left = await begin({ standing }, sleeping("left"), dying);
  const leftAlone = await begin({}, sleeping("alone"), dying);
  const midway = join(new Mortal());
  const inTheMiddle = {
    ...midway.going,
    seatOf: () => ({
      surface: world.surface,
      calls: world.calls((name) => (name.startsWith("answer") ? new Promise(() => {}) : Promise.resolve())),
    }),
  };
  const lost = newRun(midway.id, { caller: { ...testCaller, standing } });
  const code = JSON.stringify([{ kind: "call", tool: "write_a", key: "lost" }]);
  const told = midway.engine.begin(lost, code, inTheMiddle);
  await expect.poll(() => world.writes.length, { timeout: 10_000 }).toBe(1);
  await background.sweep();
  expect(await stateOf(left)).toBe("running");
  dead.kill();
  alive.delete(dying.id);
  alive.delete(midway.id);
  await background.sweep();
  await expect.poll(() => stateOf(lost.id), { timeout: 10_000 }).toBe("failed");
  const { ending } = await findEnding(database, vault, lost.id);
  expect(ending).toMatchObject({ code: "run_outcome_unknown", data: { calls: [{ tool: "s_write_a" }] } });
  // Whoever was taken for dead tells its caller what came of it.
  expect(await told).toMatchObject({ status: "failed", code: "run_outcome_unknown" });
  await expect.poll(() => stateOf(leftAlone), { timeout: 10_000 }).toBe("paused");
  const taken = (await findRuns(database, [left]))[0];
  expect(taken).toMatchObject({ state: "running", replica: survivor.id });
  expect(world.writes.length).toBe(1);
  // Its caller comes back for it.
  void survivor.engine
    .goOn(leftAlone, survivor.going)
    .catch((error: unknown) => expect(isFault(error, "shutting_down")).toBe(true));
  await expect.poll(() => stateOf(leftAlone), { timeout: 10_000 }).toBe("running");
  await survivor.engine[Symbol.asyncDispose]();
});

test("what is decided while a run is on its way to wait for it is not missed", async () => {
  const { world, errors, join, serve } = installation();
  const [begun, other] = [join(), join()];
  await using _ = serve(other);
  const calls = world.calls(() => Promise.resolve());
  const going = {
    ...begun.going,
    seatOf: () => ({
      surface: world.surface,
      calls: {
        ...calls,
        // Decided before the run waits: who hears of the decision finds no run that does.
        call: async (request: Parameters<typeof calls.call>[0]) => {
          const outcome = await calls.call(request);
          world.approveAll();
          return outcome;
        },
      },
    }),
  };
  const run = newRun(begun.id, { caller: { ...testCaller, standing } });
  expect((await begun.engine.begin(run, script("quick"), going)).status).toBe("paused");
  await expect.poll(() => stateOf(run.id), { timeout: 10_000 }).toBe("completed");
  expect([world.writes.map(({ tool }) => tool), errors]).toEqual([["s_write_a", "s_ask_a"], []]);
});

describe("thousands of one caller wait, and a few of another", () => {
  const many = { ...testCaller, standing, principalId: "tok_many" };
  const few = { ...testCaller, standing, principalId: "tok_few" };
  const decided = new Set<string>();
  const waitOf = (id: string) => `apr_${id}`;
  let world: World;
  let errors: unknown[];
  let replicas: TestReplica[];
  let serve: ReturnType<typeof installation>["serve"];
  let runs: readonly Run[];
  const idsOf = ({ principalId }: RunCaller) =>
    runs.filter(({ caller }) => caller.principalId === principalId).map(({ id }) => id);

  beforeAll(async () => {
    await database.query(sql`delete from codemode_runs`);
    const made = installation();
    ({ world, errors, serve } = made);
    replicas = [made.join(), made.join()];
    const callers = [...Array.from({ length: 2_000 }, () => many), ...Array.from({ length: 5 }, () => few)];
    runs = callers.map((caller) => newRun(replicas[0]!.id, { caller }));
    for (let at = 0; at < runs.length; at += 50)
      await Promise.all(
        runs.slice(at, at + 50).map((run) =>
          begin(database, vault, {
            run,
            // To each its own: the same code would be the same run.
            code: JSON.stringify([
              { kind: "call", tool: "read_a", key: run.id },
              { kind: "call", tool: "write_a", key: run.caller.principalId },
            ]),
            living: [],
          }),
        ),
      );
    await database.query(sql`
      update codemode_runs
         set state = 'paused', untold = true, replica = null, waits_for = array['apr_' || id],
             waits = json_build_array(json_build_object('kind', 'approval', 'id', 'apr_' || id, 'tool', 's_write_a'))`);
  }, 60_000);
  afterAll(() => database.query(sql`delete from codemode_runs`));

  /** One of the two, with the statements that it made. */
  function served(at: number) {
    let [statements, lookups] = [0, 0];
    const counted: Database = {
      ...database,
      query: (statement) => (statements++, database.query(statement)),
      transaction: (run) => (statements++, database.transaction(run)),
    };
    const background = serve(replicas[at] as TestReplica, {
      database: counted,
      seenTo: async (waits) => (lookups++, new Set(waits.flatMap(({ id }) => (decided.has(id) ? [id] : [])))),
      settled: async (waits) => waits.map(({ id }) => (decided.has(id) ? "done" : "pending")),
    });
    return { background, count: () => [statements, lookups] as const };
  }

  test("looking at them costs the same few statements each time, and comes to all of them", async () => {
    const { background, count } = served(0);
    await using _ = background;
    const costs: (readonly [number, number])[] = [];
    for (let round = 0; round < 11; round++) {
      const [statements, lookups] = count();
      await background.sweep();
      const [after, looked] = count();
      costs.push([after - statements, looked - lookups]);
    }
    for (const [statements, lookups] of costs) {
      expect(statements).toBeLessThanOrEqual(8);
      expect(lookups).toBe(1);
    }
    expect(await database.query(sql`select from codemode_runs where due_at is not null`)).toEqual([]);
    // Of what was decided nobody heard: it is found when it has been looked at everything once more.
    const [last = ""] = idsOf(few).slice(-1);
    decided.add(waitOf(last));
    for (let round = 0; round < 11; round++) await background.sweep();
    await expect.poll(() => stateOf(last as Id<"run">), { timeout: 10_000 }).toBe("completed");
  });

  test("all are decided at once: the few go on by turns with the many, on two replicas", async () => {
    const rest = runs.filter(({ id }) => !decided.has(waitOf(id)));
    for (const { id } of rest) decided.add(waitOf(id));
    // Those of the many were decided first.
    const dueAt = (caller: RunCaller, ms: number) => markDecided(database, idsOf(caller), new Date(ms));
    await dueAt(many, 1_000);
    await dueAt(few, 2_000);
    const [one, other] = [served(0), served(1)];
    await using _ = one.background;
    await using __ = other.background;
    await Promise.all([one.background.sweep(), other.background.sweep()]);
    const isDone = () => world.writes.filter(({ key }) => key === few.principalId).length === 5;
    await expect.poll(isDone, { timeout: 30_000, interval: 5 }).toBe(true);
    const order = world.writes.slice(1).map(({ key }) => key);
    // Four turns on each of two replicas, and what has a place at the same time.
    expect(order.lastIndexOf(few.principalId)).toBeLessThan(24);
    expect(order).toContain(many.principalId);
    expect(errors).toEqual([]);
  });
});

test("a replica that stops leaves what it goes on with to the others: that is no failure of the run", async () => {
  const { world, alive, errors, join, serve } = installation();
  const [stopping, other] = [join(), join()];
  const run = newRun(stopping.id, { caller: { ...testCaller, standing } });
  const code = JSON.stringify([
    { kind: "call", tool: "ask_a", key: "left" },
    { kind: "sleep", ms: 500 },
    { kind: "call", tool: "write_a", key: "left" },
  ] satisfies Script);
  expect((await stopping.engine.begin(run, code, stopping.going)).status).toBe("paused");
  world.approveAll();
  await database.query(sql`update codemode_runs set due_at = now() where id = ${run.id}`);
  const first = serve(stopping);
  await first.sweep();
  await expect.poll(() => world.writes.length, { timeout: 10_000 }).toBe(1);
  await first[Symbol.asyncDispose]();
  await stopping.engine[Symbol.asyncDispose]();
  expect(await stateOf(run.id)).toBe("running");
  alive.delete(stopping.id);
  await using second = serve(other);
  await second.sweep();
  await expect.poll(() => stateOf(run.id), { timeout: 10_000 }).toBe("completed");
  expect([world.writes.map(({ tool }) => tool), errors]).toEqual([["s_ask_a", "s_write_a"], []]);
});
