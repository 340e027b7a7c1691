/** Of a hundred thousand runs, what is looked for is found along an index, whatever it is looked for by. */
import { randomBytes } from "node:crypto";
import {
  changeMigrations,
  sql,
  type Database,
  type SqlStatement,
  type Transaction,
} from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  markAbandoned,
  runsOf,
  runsWaitingFor,
  takeDue,
  waitingRuns,
  workingReplicas,
} from "../background/due-runs.ts";
import { codemodeMigrations } from "../migrations.ts";
import type { RunFilter } from "../run.ts";
import { newRun } from "../testing/replicas.ts";
import { begin } from "./begin.ts";
import { listing, listRuns } from "./reading.ts";
import { sweepRuns } from "./sweep.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const count = 100_000;
/** Of the oldest run; one begins every six seconds from then on. */
const startMs = Date.UTC(2026, 5, 1);
const endMs = startMs + count * 6_000;
const opened = new AsyncDisposableStack();
let database: Database;

/** Every hundredth waits, every thousandth is under way, every fiftieth was interrupted; the others are over. */
beforeAll(async () => {
  database = opened.use(await createTestDatabase([changeMigrations, codemodeMigrations]));
  await database.query(sql`
    insert into codemode_runs (id, state, tool, caller, principal_id, portal, place, call_id, sealed_code, code_mac, started_at, ended_at,
                               expires_at, waits_for, untold, due_at, replica, sealed_result)
    select 'run_' || lpad(to_hex(${startMs}::bigint + n * 6000), 12, '0') || lpad(to_hex(n), 20, '0'), state, 'execute',
           '{"standing":{}}', 'usr_' || n % 500, 'portal-' || n % 20, '{}', 'call', '', decode(md5(n::text), 'hex'), started_at,
           case when state in ('completed', 'failed') then started_at end, started_at + interval '1 hour',
           case when state = 'paused' then array['apr_' || n] else '{}' end, state = 'paused',
           case when n % 1100 = 0 then started_at end, case when state = 'running' then 'rep_' || n % 3 end,
           case when state = 'completed' then ''::bytea end
      from (
        select n, to_timestamp(${startMs}::float8 / 1000 + n * 6) as started_at,
               case when n % 100 = 0 then 'paused' when n % 1000 = 1 then 'running' when n % 50 = 1 then 'failed' else 'completed' end as state
          from generate_series(1, ${count}::int) as n) as made`);
  await database.query(sql`analyze codemode_runs`);
}, 60_000);
afterAll(() => opened.disposeAsync());

interface Plan {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly Plan[];
}

/** Every step of how a statement is carried out, with how many rows it came by. */
async function stepsOf(statement: SqlStatement): Promise<readonly Plan[]> {
  const [row] = await explained(statement);
  const all = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(all)];
  return row ? all(row["QUERY PLAN"][0].Plan) : [];
}

function explained({ text, values }: SqlStatement) {
  return database.query<{ "QUERY PLAN": [{ Plan: Plan }] }>({
    text: `explain (analyze, format json) ${text}`,
    values,
  });
}

const scansAll = (steps: readonly Plan[]) =>
  steps.flatMap((step) => (step["Node Type"] === "Seq Scan" ? [step["Relation Name"]] : []));
const rowsSeen = (steps: readonly Plan[]) =>
  Math.max(...steps.map((step) => step["Actual Rows"] + (step["Rows Removed by Filter"] ?? 0)));

/** Where two indexes serve, the larger part of the two is looked at. */
const ofOnePortal = count / 20;

const recently = new Date(endMs - hourMs / 2);
const filters: readonly (Omit<RunFilter, "limit"> & { readonly seen?: number })[] = [
  {},
  { principalId: "usr_7" },
  { portal: "portal-7" },
  { state: "running" },
  { state: "paused" },
  { since: recently },
  { principalId: "usr_7", since: recently },
  { portal: "portal-7", since: recently },
  { portal: "portal-19", principalId: "usr_19" },
  { portal: "portal-0", state: "paused" },
  // There is none.
  { portal: "elsewhere" },
  { principalId: "usr_nobody", state: "completed" },
];

test.each(filters)("listed by %j", async (filter) => {
  const steps = await stepsOf(listing({ ...filter, limit: 51 }));
  expect(scansAll(steps)).toEqual([]);
  expect(rowsSeen(steps)).toBeLessThanOrEqual(ofOnePortal);
});

test("page after page, each begins where the one before ended", async () => {
  const pages: string[] = [];
  const filter = { portal: "portal-7", state: "completed", limit: 1_000 } as const;
  for (let after: RunFilter["after"]; ;) {
    const page = await listRuns(database, { ...filter, after });
    pages.push(...page.map(({ id }) => id));
    after = page.at(-1)?.id;
    if (page.length < filter.limit) break;
    const steps = await stepsOf(listing({ ...filter, after }));
    expect(scansAll(steps)).toEqual([]);
  }
  expect(pages).toEqual([...new Set(pages)].toSorted().toReversed());
  const [all] = await database.query<{ all: number }>(
    sql`select count(*) as all from codemode_runs where portal = 'portal-7' and state = 'completed'`,
  );
  expect(pages.length).toBe(all?.all);
});

/** Explains each statement before it is made. */
function watched(steps: (readonly Plan[])[]): Database {
  const query: Database["query"] = async (statement) => {
    // What is explained is carried out: undone, and made then.
    await database
      .transaction(async (tx) => {
        const { text, values } = statement;
        const [row] = await tx.query<{ "QUERY PLAN": [{ Plan: Plan }] }>({
          text: `explain (analyze, format json) ${text}`,
          values,
        });
        const all = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(all)];
        if (row) steps.push(all(row["QUERY PLAN"][0].Plan));
        throw undone;
      })
      .catch((error: unknown) => {
        if (error !== undone) throw error;
      });
    return await database.query(statement);
  };
  return {
    ...database,
    query,
    transaction: (run) => run({ query } as Transaction),
  };
}
const undone = new Error("undone");

test("what is looked for every few seconds", async () => {
  const steps: (readonly Plan[])[] = [];
  const on = watched(steps);
  const now = new Date(endMs);
  expect((await waitingRuns(on, "")).length).toBe(200);
  expect((await runsWaitingFor(on, ["apr_300"], "")).map(({ id }) => id.slice(-3))).toEqual(["12c"]);
  expect((await workingReplicas(on)).toSorted()).toEqual(["rep_0", "rep_1", "rep_2"]);
  expect((await runsOf(on, "rep_1")).length).toBeGreaterThan(10);
  await markAbandoned(on, ["rep_2"], now);
  const turn = { now, againAt: new Date(endMs + hourMs), after: "", busy: [], limit: 4 };
  expect((await takeDue(on, turn)).length).toBe(4);
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const run = newRun("rep_1" as never, {
    caller: { ...newRun("rep_1" as never).caller, principalId: "usr_7" },
  });
  expect(await begin(on, vault, { run, code: "1", living: ["rep_1"] })).toBeUndefined();
  expect(steps.flatMap(scansAll)).toEqual([]);
  for (const one of steps) expect(rowsSeen(one), JSON.stringify(one)).toBeLessThanOrEqual(2_000);
});

test("time passes: what is over is forgotten in bounded batches, along indexes", async () => {
  await database.query(sql`
    insert into codemode_calls (id, run_id, seq, method, target, digest, occurrence, state, call_id, issued_after)
    select id, id, 0, 'local', 'tools', 'd', 0, 'done', 'call', 0 from codemode_runs order by id limit 5000`);
  await database.query(sql`analyze codemode_calls`);
  const steps: (readonly Plan[])[] = [];
  const nowMs = startMs + 7 * dayMs + 2 * hourMs;
  const options = { database: watched(steps), clock: createManualClock(nowMs), keptMs: 7 * dayMs };
  const left = async () => {
    const [row] = await database.query<{ paused: number; results: number; old: number; calls: number }>(sql`
      select count(*) filter (where state = 'paused' and expires_at <= ${new Date(nowMs)}) as paused,
             count(*) filter (where sealed_result is not null and expires_at <= ${new Date(nowMs)}) as results,
             count(*) filter (where ended_at < ${new Date(nowMs - 7 * dayMs)}) as old,
             (select count(*) from codemode_calls c where not exists (select from codemode_runs r where r.id = c.run_id)) as calls
        from codemode_runs`);
    return row;
  };
  const before = await left();
  expect(before?.old).toBeGreaterThan(1_000);
  const expired = await sweepRuns(options);
  expect(expired.length).toBeGreaterThan(100);
  expect(expired.length).toBeLessThanOrEqual(4_000);
  expect(steps.flatMap(scansAll)).toEqual([]);
  for (const one of steps) expect(rowsSeen(one), JSON.stringify(one)).toBeLessThanOrEqual(2_000);
  for (let round = 0; round < 60 && ((await left())?.old ?? 0) > 0; round++)
    await sweepRuns({ ...options, database });
  expect(await left()).toMatchObject({ paused: 0, old: 0, calls: 0 });
}, 60_000);
