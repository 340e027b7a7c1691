/** Runs over real isolates and real tables. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changeMigrations, createChangeFeed, sql, type ChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createIsolates, type Isolates } from "@castellan/isolates";
import { isFault, systemClock } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLanguage } from "../language/language.ts";
import { codemodeMigrations } from "../migrations.ts";
import type { Run, RunAnswer } from "../run.ts";
import { createRuns } from "../runs/create-runs.ts";
import { sweepRuns } from "../runs/sweep.ts";
import { newRun, openReplica, testCaller, type ReplicaParts } from "../testing/replicas.ts";
import { World } from "../testing/world.ts";
import { prepareCode } from "./prepared-code.ts";

const opened = new AsyncDisposableStack();
const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
const language = createLanguage();
let database: Database;
let changes: ChangeFeed;
let isolates: Isolates;
const failures: unknown[] = [];

beforeAll(async () => {
  database = opened.use(await createTestDatabase([changeMigrations, codemodeMigrations]));
  changes = opened.use(await createChangeFeed({ database }));
  const dir = await mkdtemp(join(tmpdir(), "cm-"));
  opened.defer(() => rm(dir, { recursive: true, force: true }));
  opened.use(language);
  isolates = opened.use(
    await createIsolates({ containment: "none", dir, onError: (error) => failures.push(error) }),
  );
});
afterAll(async () => {
  await opened.disposeAsync();
  expect(failures).toEqual([]);
});

function installation(more: Partial<ReplicaParts> = {}) {
  const world = new World();
  const alive = new Set<string>();
  const join = () =>
    openReplica({
      world,
      alive,
      database,
      vault,
      changes,
      isolates,
      prepare: (run, code, signal) => prepareCode({ language, vault }, { run, code }, signal),
      onError: (error) => failures.push(error),
      ...more,
    });
  return { world, alive, join };
}

const runs = () => createRuns({ database, vault, clock: systemClock, letGo: () => Promise.resolve() });

/** Each test has its own code, so that none goes on with another's run. */
async function execute(
  at: ReturnType<ReturnType<typeof installation>["join"]>,
  code: string,
  more: Partial<Run> = {},
): Promise<RunAnswer & { readonly text?: string | undefined }> {
  return at.engine.begin(newRun(at.id, more), code, at.going);
}

test("code calls tools, and what it did is on record without what it was told", async () => {
  const { world, join } = installation();
  const at = join();
  await using _ = at.engine;
  const answer = await execute(
    at,
    `const [a, b] = await Promise.all([codemode.read_a({ key: "1" }), codemode.read_b({ key: "2" })]);
     console.log("read", a.n + b.n);
     const w = await codemode.write_a({ key: "k", after: "" });
     return { sum: a.n + b.n, w: w.n };`,
  );
  expect(answer).toMatchObject({
    status: "completed",
    text: '{"sum":3,"w":1}',
    logs: [{ level: "log", text: "read 3" }],
  });
  expect(world.writes).toEqual([{ tool: "s_write_a", key: "k", after: "" }]);
  const found = await runs().find(answer.run);
  expect(found).toMatchObject({
    state: "completed",
    use: { passes: 1, calls: 3 },
    outcome: { kind: "returned", bytes: 15 },
  });
  expect(found?.code).toContain("codemode.write_a");
  expect(found?.calls.map(({ target, class: of, state, outcome }) => [target, of, state, outcome])).toEqual([
    ["s_read_a", "read", "done", undefined],
    ["s_read_b", "read", "done", undefined],
    ["s_write_a", "write", "done", undefined],
  ]);
  expect(await runs().result(answer.run, testCaller.principalId)).toBe('{"sum":3,"w":1}');
  expect(await runs().result(answer.run, "tok_2")).toBeUndefined();
});

test("a run waits for a person, and the same code goes on with it: time and chance are the same, and nothing is done again", async () => {
  const { world, join } = installation();
  const [first, second] = [join(), join()];
  await using _ = first.engine;
  await using __ = second.engine;
  const code = `const chance = [Date.now(), Math.random(), crypto.randomUUID()].join();
    await codemode.write_a({ key: chance, after: "" });
    const { n } = await codemode.ask_a({ key: "asked", after: "" });
    return [chance, n];`;
  const paused = await execute(first, code);
  expect(paused).toMatchObject({ status: "paused", waits: [{ kind: "approval", tool: "s_ask_a" }] });
  // Nobody has decided: it goes on waiting, and nothing is run.
  expect(await execute(second, code)).toMatchObject({ status: "paused", run: paused.run });
  expect((await runs().find(paused.run))?.use.passes).toBe(1);
  world.approveAll();
  const done = await execute(second, code);
  expect(done).toMatchObject({ status: "completed", run: paused.run });
  expect(JSON.parse(done.text ?? "")).toEqual([world.writes[0]?.key, 2]);
  expect(world.writes.map(({ tool }) => tool)).toEqual(["s_write_a", "s_ask_a"]);
  // It can be had again, by its caller only.
  expect(await second.engine.goOn(paused.run, second.going)).toEqual(done);
  const stranger = { ...second.going, caller: { ...testCaller, principalId: "tok_2" } };
  await expect(second.engine.goOn(paused.run, stranger)).rejects.toMatchObject({ code: "run_unknown" });
  const elsewhere = { ...second.going, portal: "other" };
  await expect(second.engine.goOn(paused.run, elsewhere)).rejects.toMatchObject({ code: "run_unknown" });
});

test("of many that go on with a run at once one does, and all are told the same", async () => {
  const { world, join } = installation();
  const all = [join(), join(), join()];
  const code = `const before = await codemode.read_a({ key: "r" });
    await Promise.all([codemode.ask_a({ key: "1", after: String(before.n) }), codemode.ask_a({ key: "2", after: "" })]);
    return before.n;`;
  const paused = await execute(all[0]!, code);
  world.approveAll();
  const answers = await Promise.all(
    all.flatMap((at) => [at.engine.goOn(paused.run, at.going), at.engine.goOn(paused.run, at.going)]),
  );
  expect(new Set(answers.map((answer) => JSON.stringify({ ...answer, logs: [] }))).size).toBe(1);
  expect(answers[0]).toMatchObject({ status: "completed", text: "1" });
  expect(world.writes.length).toBe(2);
  expect((await runs().find(paused.run))?.use.passes).toBe(2);
  for (const { engine } of all) await engine[Symbol.asyncDispose]();
});

test("a no is told to the code", async () => {
  const { world, join } = installation();
  const at = join();
  await using _ = at.engine;
  const code = `try { await codemode.ask_a({ key: "no", after: "" }); } catch (error) { return error.code; }`;
  const { run } = await execute(at, code);
  world.rejectAll();
  expect(await at.engine.goOn(run, at.going)).toMatchObject({
    status: "completed",
    text: '"approval_rejected"',
  });
  expect(world.writes).toEqual([]);
});

test("code that does something else when it is run again fails before it does anything new", async () => {
  const { world, join } = installation();
  const at = join();
  await using _ = at.engine;
  const code = `const tools = await codemode.tools();
    await codemode.write_a({ key: "of " + tools.length, after: "" });
    await codemode.ask_a({ key: "then", after: "" });`;
  const { run } = await execute(at, code);
  world.approveAll();
  const changed = {
    ...at.going,
    seatOf: () => ({
      surface: { ...world.surface, tools: () => Promise.resolve('[{"name":"new"}]') },
      calls: world.calls(() => Promise.resolve()),
    }),
  };
  const answer = await at.engine.goOn(run, changed);
  expect(answer).toMatchObject({
    status: "failed",
    code: "run_diverged",
    data: { calls: [{ tool: "s_write_a" }] },
  });
  expect(world.writes.map(({ key }) => key)).toEqual(["of 0"]);
});

test("tools are looked up as often as others can bear; a name that nobody has is told without a hint then", async () => {
  const { world, join } = installation();
  const at = join();
  await using _ = at.engine;
  let lookups = 0;
  const counted = {
    ...at.going,
    seatOf: () => ({
      surface: {
        ...world.surface,
        describe: () => Promise.resolve(`"${++lookups}"`),
        closest: () => Promise.resolve([`n${++lookups}`]),
      },
      calls: world.calls(() => Promise.resolve()),
    }),
  };
  const code = `const told = (error) => [error.code, error.message.slice(0, 60)];
    const hint = await codemode.nothing({}).catch(told);
    for (let n = 0; n < 98; n++) await codemode.describe("a");
    const last = await codemode.describe("a");
    return [hint, last, await codemode.describe("a").catch(told), await codemode.nothing({}).catch(told)];`;
  const answer = await at.engine.begin(newRun(at.id), code, counted);
  expect([answer.status === "completed" && JSON.parse(answer.text ?? ""), lookups]).toEqual([
    [
      ["code_tool_unknown", 'There is no tool "nothing". Perhaps: n1'],
      "100",
      ["code_lookups_limited", "A run has at most 100 of `search`, `describe` and `tools` to"],
      ["code_tool_unknown", 'There is no tool "nothing"'],
    ],
    100,
  ]);
});

test.each([
  ["return 1 +", "code_invalid"],
  ["throw new TypeError('no')", "code_threw"],
  ["await codemode.nothing({})", "code_threw"],
  ["while (true);", "isolate_cpu_exceeded"],
])("%s fails with %s", async (code, expected) => {
  const { join } = installation({
    prepare: (run, text, signal) =>
      prepareCode({ language, vault, limits: { cpuMs: 200 } }, { run, code: text }, signal),
  });
  const at = join();
  await using _ = at.engine;
  const answer = await execute(at, code).catch((error: unknown) =>
    isFault(error) ? error : Promise.reject(error),
  );
  expect(answer).toMatchObject({ code: expected });
});

test("its caller cancels a run that waits, or is worked on by another replica", async () => {
  const { world, join } = installation();
  const [at, other] = [join(), join()];
  await using _ = at.engine;
  await using __ = other.engine;
  const { run } = await execute(at, `await codemode.ask_a({ key: "cancelled", after: "" })`);
  await expect(runs().cancel(run, "tok_2")).rejects.toMatchObject({ code: "run_unknown" });
  expect(await runs().cancel(run, testCaller.principalId)).toMatchObject({ state: "cancelled" });
  await expect(runs().cancel(run, testCaller.principalId)).rejects.toMatchObject({ code: "run_ended" });
  await expect(at.engine.goOn(run, at.going)).rejects.toMatchObject({ code: "run_cancelled" });

  const long = newRun(at.id);
  const running = at.engine.begin(
    long,
    `await codemode.write_a({ key: "one", after: "" }); await new Promise((done) => setTimeout(done, 60_000));`,
    at.going,
  );
  await expect.poll(async () => world.writes.length).toBe(1);
  const following = other.engine.goOn(long.id, other.going).catch((error: unknown) => error);
  await runs().cancel(long.id, testCaller.principalId);
  expect(await running).toMatchObject({ status: "failed", code: "run_cancelled" });
  expect(await following).toMatchObject({ code: "run_cancelled" });
});

test("of one caller's runs only so many may wait", async () => {
  const { join } = installation({ settings: { maxPaused: 2 } });
  const at = join();
  await using _ = at.engine;
  const caller = { ...testCaller, principalId: "tok_many" };
  const code = (n: number) => `await codemode.ask_a({ key: "many ${n}", after: "" })`;
  const answers = await Promise.all([1, 2, 3, 4].map((n) => execute(at, code(n), { caller })));
  const states = answers.map((answer) => (answer.status === "failed" ? answer.code : answer.status));
  expect(states.toSorted()).toEqual(["paused", "paused", "runs_limited", "runs_limited"]);
});

test("time: a run that nobody decides on expires, what one returned is forgotten, and so is the run", async () => {
  const { world, join } = installation({ settings: { waitMs: 1_000, resultMs: 1_000 } });
  const at = join();
  await using _ = at.engine;
  const { run: waiting } = await execute(at, `await codemode.ask_a({ key: "late", after: "" })`);
  const { run: returned } = await execute(at, `return "kept for a while"`);
  const later = (ms: number) => ({ ...systemClock, now: () => Date.now() + ms });
  const sweep = (ms: number) => sweepRuns({ database, clock: later(ms), keptMs: 60_000 });
  await sweep(0);
  expect(await runs().result(returned, testCaller.principalId)).toBe('"kept for a while"');
  const expired = await sweep(2_000);
  expect(expired.map(({ id }) => id)).toContain(waiting);
  world.approveAll();
  await expect(at.engine.goOn(waiting, at.going)).rejects.toMatchObject({ code: "run_expired" });
  await expect(at.engine.goOn(returned, at.going)).rejects.toMatchObject({ code: "run_result_gone" });
  await sweep(120_000);
  expect(await runs().find(waiting)).toBeUndefined();
  expect(await runs().find(returned)).toBeUndefined();
  expect(world.writes).toEqual([]);
});

test("nothing that people work with lies open in the tables", async () => {
  const { join } = installation();
  const at = join();
  await using _ = at.engine;
  await execute(
    at,
    `console.log("secret-log"); await codemode.write_a({ key: "secret-argument", after: "" }); await codemode.ask_a({ key: "secret-asked", after: "" }); return "secret-result"`,
  );
  const rows = await database.query<{ text: string }>(sql`
    select (select json_agg(r)::text from codemode_runs r) || (select json_agg(c)::text from codemode_calls c) as text`);
  const hex = Buffer.from("secret-").toString("hex");
  expect(rows[0]?.text).not.toMatch(new RegExp(`secret-|${hex}`));
});
