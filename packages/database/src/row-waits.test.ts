import { kernelFaults } from "@castellan/kernel";
import { expect, test } from "vitest";
import { createChangeFeed } from "./change-feed.ts";
import { recordChange } from "./change-log.ts";
import { RowWaits, type RowWait } from "./row-waits.ts";
import { sql } from "./sql.ts";
import { createTestDatabase } from "./testing.ts";

interface Errand {
  readonly id: string;
  readonly done: boolean;
}

const never = new AbortController().signal;
const aMinute: RowWait = { signal: never, timeoutMs: 60_000 };

/** One errand, `one`, that is not done, and whoever waits for errands. */
async function openErrands({ pollEveryMs = 3_600_000 } = {}) {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase());
  await database.query(sql`create table errands (id text primary key, done boolean not null)`);
  await database.query(sql`insert into errands (id, done) values ('one', false)`);
  const changes = opened.use(await createChangeFeed({ database }));
  const waits = opened.use(
    new RowWaits<Errand>({
      changes,
      topic: "errands",
      read: (ids) => database.query<Errand>(sql`select id, done from errands where id = any(${ids})`),
      isOver: ({ done }) => done,
      unknown: () => kernelFaults.fault("invalid_input", "There is no such errand"),
      pollEveryMs,
      onError: (error) => {
        throw error;
      },
    }),
  );
  const owned = opened.move();
  return { database, waits, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test("whoever waits is told by the change log, and one that is over is not waited for", async () => {
  await using errands = await openErrands();
  const { database, waits } = errands;
  const both = [waits.wait("one", aMinute), waits.wait("one", aMinute)];
  await database.transaction(async (tx) => {
    await tx.query(sql`update errands set done = true where id = 'one'`);
    await recordChange(tx, "errands", "one");
  });
  const over = { id: "one", done: true };
  expect(await Promise.all([...both, waits.wait("one", aMinute)])).toEqual([over, over, over]);
});

test("what nobody tells of is found by looking", async () => {
  await using errands = await openErrands({ pollEveryMs: 5 });
  const wait = errands.waits.wait("one", aMinute);
  await errands.database.query(sql`update errands set done = true where id = 'one'`);
  expect(await wait).toEqual({ id: "one", done: true });
});

test("a wait ends as it is when its time is over, and with the signal's reason", async () => {
  await using errands = await openErrands();
  expect(await errands.waits.wait("one", { signal: never, timeoutMs: 1 })).toEqual({
    id: "one",
    done: false,
  });
  const caller = new AbortController();
  const wait = errands.waits.wait("one", { signal: caller.signal, timeoutMs: 60_000 });
  caller.abort(new Error("gone"));
  await expect(wait).rejects.toThrow("gone");
});

test("what is not there, or goes while it is waited for, is unknown", async () => {
  await using errands = await openErrands({ pollEveryMs: 5 });
  const { database, waits } = errands;
  await expect(waits.wait("two", aMinute)).rejects.toMatchObject({ code: "invalid_input" });
  const wait = waits.wait("one", aMinute);
  await Promise.all([
    expect(wait).rejects.toMatchObject({ code: "invalid_input" }),
    database.query(sql`delete from errands`),
  ]);
});

test("a replica that stops lets go of those who wait, and takes no more", async () => {
  await using errands = await openErrands();
  const { waits } = errands;
  const wait = waits.wait("one", aMinute);
  const stopping = { code: "shutting_down" };
  await Promise.all([expect(wait).rejects.toMatchObject(stopping), waits[Symbol.asyncDispose]()]);
  await expect(waits.wait("one", aMinute)).rejects.toMatchObject(stopping);
});
