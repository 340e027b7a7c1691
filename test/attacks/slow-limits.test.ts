/** PostgreSQL that is stuck where rates are counted: calls that are limited wait, all others go on. */
import { openDatabase, sql } from "@castellan/database";
import { expect, test } from "vitest";
import { openCaller, startLively } from "../harness/cells.ts";
import { callTool, openLimited, told } from "../limits/scene.ts";

test.each(["legacy", "modern"] as const)("%s: who is not limited does not notice", async (era) => {
  const limits = { perPerson: { callsPerMinute: 60 } };
  await using scene = await openLimited({ caller: era, server: era }, { limits });
  await using free = await startLively(era);
  await scene.portals.sync("free", free.url);
  const both = await scene.portals.open("both", ["lively", "free"], "prefixed");
  const callers = await Promise.all(
    Array.from({ length: 12 }, async () =>
      openCaller(era, { url: both.url, token: await scene.portals.token("both") }),
    ),
  );
  await using elsewhere = await openDatabase({ connection: scene.portals.database.connection });
  const waiting = await elsewhere.transaction(async (tx) => {
    await tx.query(sql`lock table rate_grants in exclusive mode`);
    const limited = Promise.all(callers.map((caller) => callTool(caller, "lively_show")));
    await expect
      .poll(() =>
        elsewhere.query(
          sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        ),
      )
      .toHaveLength(3);
    // A caller whom nobody here knows yet, whose token and session are looked up.
    const token = await scene.portals.token("both");
    await using other = await openCaller(era, { url: both.url, token });
    expect(told(await callTool(other, "free_show"))).toEqual([200, "ok"]);
    return { limited };
  });
  for (const reply of await waiting.limited) expect(told(reply)).toEqual([200, "ok"]);
  for (const caller of callers) await caller[Symbol.asyncDispose]();
});
