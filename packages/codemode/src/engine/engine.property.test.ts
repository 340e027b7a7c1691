/** Random code, crashed at every step: each write is made once at most, and the run comes to its end or says what nobody knows. */
import { randomBytes } from "node:crypto";
import { changeMigrations, createChangeFeed } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import type { Id } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codemodeMigrations } from "../migrations.ts";
import type { RunAnswer } from "../run.ts";
import { newRun, openReplica } from "../testing/replicas.ts";
import { Mortal } from "../testing/mortal.ts";
import { prepareScript, scriptedIsolates, type Script, type Step } from "../testing/scripted-isolates.ts";
import { World, type Written } from "../testing/world.ts";

const opened = new AsyncDisposableStack();
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let changes: Awaited<ReturnType<typeof createChangeFeed>>;
const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));

beforeAll(async () => {
  database = opened.use(await createTestDatabase([changeMigrations, codemodeMigrations]));
  changes = opened.use(await createChangeFeed({ database }));
});
afterAll(() => opened.disposeAsync());

const failures: unknown[] = [];

/** A replica that ends after so many steps; the others take it for dead from then on. */
function replica(world: World, alive: Set<string>, mortal = new Mortal()) {
  return {
    mortal,
    ...openReplica({
      world,
      alive,
      mortal,
      database,
      vault,
      changes,
      isolates: scriptedIsolates,
      prepare: async (_, code) => prepareScript(code),
      onError: (error) => failures.push(error),
    }),
  };
}

const tool = fc.constantFrom("read_a", "read_b", "write_a", "write_b", "ask_a");
const key = fc.constantFrom("x", "y");
const call: fc.Arbitrary<Step> = fc.record({ kind: fc.constant("call" as const), tool, key });
const sleep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("sleep" as const),
  ms: fc.integer({ min: 0, max: 3 }),
});
const script: fc.Arbitrary<Script> = fc.letrec<{ script: Script; step: Step; all: Step }>((tie) => ({
  script: fc.array(tie("step"), { minLength: 1, maxLength: 4 }),
  all: fc.record({
    kind: fc.constant("all" as const),
    branches: fc.array(tie("script"), { minLength: 1, maxLength: 3 }),
  }),
  step: fc.oneof(
    { maxDepth: 2, depthSize: "small" },
    { arbitrary: call, weight: 5 },
    { arbitrary: sleep, weight: 1 },
    { arbitrary: tie("all"), weight: 2 },
  ),
})).script;

/** Until it has ended, with everything agreed to that is asked. */
async function carryOn(
  run: Id<"run">,
  world: World,
  alive: Set<string>,
  first?: RunAnswer,
): Promise<RunAnswer> {
  const { engine, going } = replica(world, alive);
  await using _ = engine;
  let answer = first ?? (await engine.goOn(run, going));
  for (let turn = 0; answer.status === "paused"; turn++) {
    expect(turn).toBeLessThan(50);
    world.approveAll();
    answer = await engine.goOn(run, going);
  }
  return answer;
}

interface Value {
  readonly tool: string;
  readonly key: string;
  readonly value: { readonly n: number };
}

/** What the code was told of its writes is what the servers were asked for: all of it, and nothing else. */
function assertTold(answer: RunAnswer, world: World): void {
  expect(answer.status).toBe("completed");
  if (answer.status !== "completed") return;
  const told = (JSON.parse(answer.text ?? "[]") as Value[]).filter(
    ({ tool: name }) => !name.startsWith("read"),
  );
  const asWritten = told.map(({ value }) => world.writes[value.n - 1]);
  expect(asWritten.map((written) => written && { tool: written.tool, key: written.key })).toEqual(
    told.map(({ tool: name, key: of }) => ({ tool: `s_${name}`, key: of })),
  );
  expect(new Set(told.map(({ value }) => value.n)).size).toBe(world.writes.length);
}

test(
  "whatever the code does, and wherever its replica dies, each write is made once at most",
  { timeout: 120_000 },
  async () => {
    let [ended, unknown, crashes] = [0, 0, 0];
    await fc.assert(
      fc.asyncProperty(script, fc.nat({ max: 60 }), async (steps, lastStep) => {
        const world = new World();
        const alive = new Set<string>();
        const first = replica(world, alive, new Mortal(lastStep));
        const run = newRun(first.id);
        const code = JSON.stringify([...steps, { kind: "call", tool: "read_end", key: run.id }]);
        const died = Promise.withResolvers<"died">();
        const watch = setInterval(() => first.mortal.isDead && died.resolve("died"), 1);
        const answer = await Promise.race([first.engine.begin(run, code, first.going), died.promise]);
        clearInterval(watch);
        alive.delete(first.id);
        const rows = await database.query({
          text: "select 1 from codemode_runs where id = $1",
          values: [run.id],
        });
        if (rows.length === 0) {
          expect(world.writes).toEqual([]);
          return;
        }
        if (answer === "died") crashes++;
        const writtenBefore = [...world.writes];
        const last =
          answer === "died" || answer.status === "paused" ? await carryOn(run.id, world, alive) : answer;
        if (last.status === "failed") {
          unknown++;
          expect(last.code).toBe("run_outcome_unknown");
          expect(answer).toBe("died");
          // Nothing was repeated, nor anything new begun.
          expect(world.writes).toEqual(writtenBefore satisfies Written[]);
          return;
        }
        ended++;
        assertTold(last, world);
      }),
      { numRuns: 60 },
    );
    expect(failures).toEqual([]);
    expect(Math.min(ended, unknown, crashes)).toBeGreaterThan(0);
  },
);
