import { databaseFaults, openDatabase, sql, type Database } from "@castellan/database";
import { createId, createManualClock } from "@castellan/kernel";
import { expect, test, vi } from "vitest";
import { letterContext, letterId, mailChannel, type Address } from "./mail/letter.ts";
import type { Replicas } from "./replicas.ts";
import { createEar, createTestInstallation, withLine } from "./testing.ts";

const gone = expect.objectContaining({ code: "replica_gone", owner: "system", retryable: true });

/** Ends the connections that replicas read their mail on. */
async function cutLines(database: Database): Promise<void> {
  await database.query(sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and application_name = 'castellan-mail'`);
}

async function countMail(database: Database): Promise<number> {
  const [row] = await database.query<{ count: number }>(sql`select count(*) as count from mail`);
  return row?.count ?? -1;
}

test("a letter reaches its listener by a wake-up, with its sender; a broadcast reaches all others", async () => {
  await using installation = await createTestInstallation();
  const [a, b, c] = [await installation.join(), await installation.join(), await installation.join()];
  const ear = createEar<readonly [at: string, body: string, from: string]>();
  for (const [name, replica] of [
    ["a", a],
    ["b", b],
    ["c", c],
  ] as const)
    replica.on("greeting", (body, from) => ear.hear([name, body, from]));
  await a.send(b.id, "greeting", "hello\u0000 1234567890123456789 🏰");
  expect(await ear.reached(1)).toEqual([["b", "hello\u0000 1234567890123456789 🏰", a.id]]);
  await b.send(b.id, "greeting", "to myself");
  expect((await ear.reached(2))[1]).toEqual(["b", "to myself", b.id]);
  await c.broadcast("greeting", "all");
  expect((await ear.reached(4)).slice(2).toSorted()).toEqual([
    ["a", "all", c.id],
    ["b", "all", c.id],
  ]);
  await a.send(b.id, "nobody listens", "");
  expect(installation.errors).toEqual([]);
});

test("each replica knows how many live, once it renews its lease", async () => {
  await using installation = await createTestInstallation();
  const quick = { renewMs: 5, pollMs: 5 };
  const a = await installation.join(quick);
  expect(a.living).toBe(1);
  const b = await installation.join(quick);
  expect(b.living).toBe(2);
  await expect.poll(() => a.living).toBe(2);
  const c = await installation.join();
  expect(c.living).toBe(3);
  await expect.poll(() => [a.living, b.living]).toEqual([3, 3]);
  await b[Symbol.asyncDispose]();
  await expect.poll(() => a.living).toBe(2);
  expect(installation.errors).toEqual([]);
});

test("letters of each sender arrive in order, once, one at a time, under way with those of others", async () => {
  await using installation = await createTestInstallation();
  const [a, b, c] = [await installation.join(), await installation.join(), await installation.join()];
  const ear = createEar<string>();
  const running = new Map<string, number>();
  c.on("count", async (body, from) => {
    running.set(from, (running.get(from) ?? 0) + 1);
    expect(running.get(from)).toBe(1);
    await new Promise(setImmediate);
    running.set(from, 0);
    ear.hear(`${from} ${body}`);
  });
  const numbers = Array.from({ length: 300 }, (_, index) => index);
  await Promise.all(
    [a, b, c].map((sender) => Promise.all(numbers.map((number) => sender.send(c.id, "count", `${number}`)))),
  );
  const heard = await ear.reached(900);
  for (const { id } of [a, b, c])
    expect(heard.filter((line) => line.startsWith(id))).toEqual(numbers.map((number) => `${id} ${number}`));
  expect(installation.errors).toEqual([]);
});

test("nothing is lost or doubled while the listening connection breaks again and again", async () => {
  await using installation = await createTestInstallation();
  const [a, b] = [await installation.join(), await installation.join()];
  const ear = createEar<string>();
  b.on("count", ear.hear);
  for (let round = 0; round < 10; round += 1) {
    const sent = Array.from({ length: 20 }, (_, index) => a.send(b.id, "count", `${round * 20 + index}`));
    await cutLines(installation.database);
    await Promise.all(sent);
  }
  expect(await ear.reached(200)).toEqual(Array.from({ length: 200 }, (_, index) => `${index}`));
  await a.send(b.id, "count", "last");
  expect((await ear.reached(201)).at(-1)).toBe("last");
});

test("a letter is found without a wake-up", async () => {
  await using installation = await createTestInstallation();
  const b = await installation.join({ pollMs: 10 });
  const ear = createEar<string>();
  b.on("topic", ear.hear);
  await insertSilently(installation, { to: b.id, from: "rep_a", number: 1, topic: "topic" }, "silent");
  expect(await ear.reached(1)).toEqual(["silent"]);
  await expect.poll(() => countMail(installation.database)).toBe(0);
});

test.each(["committed", "not committed"])(
  "a letter whose insert was %s when its answer was lost is sent again and arrives once, in order",
  async (outcome) => {
    await using installation = await createTestInstallation();
    const ear = createEar<string>();
    const b = await installation.join();
    b.on("topic", ear.hear);
    let lost = 0;
    const database = withLine(installation.database, async ({ text }, send) => {
      if (!text.includes("insert into mail") || lost === 2) return send();
      lost += 1;
      if (outcome === "committed") {
        await send();
        // Read, and deleted from the table: only the letter's number can tell that it came before.
        await ear.reached(1);
        await vi.waitFor(
          async () => {
            await installation.database.query(sql`select pg_notify(${mailChannel(b.id)}, '')`);
            expect(await countMail(installation.database)).toBe(0);
          },
          { timeout: 15_000 },
        );
      }
      throw databaseGone();
    });
    const a = await installation.join({ database });
    await a.send(b.id, "topic", "first");
    await a.send(b.id, "topic", "second");
    expect([lost, await ear.reached(2)]).toEqual([2, ["first", "second"]]);
  },
);

test("a listener that throws is told of and holds up nobody; one that hangs holds up its own lane only", async () => {
  await using installation = await createTestInstallation();
  const [a, b] = [await installation.join(), await installation.join()];
  const ear = createEar<string>();
  const [sync, async_] = [new Error("sync"), new Error("async")];
  b.on("poisoned", () => {
    throw sync;
  });
  b.on("poisoned", () => Promise.reject(async_));
  b.on("poisoned", ear.hear);
  await a.send(b.id, "poisoned", "1");
  await a.send(b.id, "poisoned", "2");
  expect(await ear.reached(2)).toEqual(["1", "2"]);
  await expect.poll(() => installation.errors).toEqual([sync, async_, sync, async_]);

  const release = Promise.withResolvers<void>();
  const hung = createEar<string>();
  b.on("hanging", async (body) => {
    hung.hear(body);
    await release.promise;
  });
  const flood = Array.from({ length: 1_000 }, (_, index) => `${index}`);
  await Promise.all(flood.map((body) => a.send(b.id, "hanging", body)));
  await a.send(b.id, "poisoned", "3");
  expect((await ear.reached(3))[2]).toBe("3");
  // What the replica holds of a flood is bounded; the rest lies in the database.
  expect(hung.heard).toEqual(["0"]);
  expect(await countMail(installation.database)).toBeGreaterThan(700);
  release.resolve();
  expect(await hung.reached(1_000)).toEqual(flood);
});

test("letters of some megabytes arrive whole, between others", async () => {
  await using installation = await createTestInstallation();
  const [a, b] = [await installation.join(), await installation.join()];
  const ear = createEar<string>();
  b.on("topic", ear.hear);
  const huge = ["a", "b", "c", "d"].map((letter) => letter.repeat(3_000_000));
  const all = ["small", ...huge, "small too"];
  await Promise.all(all.map((body) => a.send(b.id, "topic", body)));
  const heard = await ear.reached(all.length);
  expect(heard.map((body) => [body.length, body[0]])).toEqual(all.map((body) => [body.length, body[0]]));
  await expect(a.send(b.id, "topic", "x".repeat(64 * 1024 * 1024 + 1))).rejects.toMatchObject({
    code: "mail_overloaded",
  });
});

test("a letter that was altered, moved or made by a stranger is dropped and told of; the rest arrives", async () => {
  await using installation = await createTestInstallation();
  const { database, vault, errors } = installation;
  const b = await installation.join();
  const ear = createEar<string>();
  b.on("topic", ear.hear);
  const address = { to: b.id, from: "rep_a", topic: "topic" };
  const sealedFor = (place: Address) => vault.seal("evil", letterContext(place));
  await insertRow(database, { ...address, number: 1 }, Buffer.from("no envelope"));
  await insertRow(database, { ...address, number: 2 }, sealedFor({ ...address, number: 2, to: "rep_c" }));
  await insertRow(database, { ...address, number: 3 }, sealedFor({ ...address, number: 3, from: "rep_d" }));
  await insertRow(database, { ...address, number: 4 }, sealedFor({ ...address, number: 4, topic: "t" }));
  await insertRow(database, { ...address, number: 5 }, sealedFor({ ...address, number: 6 }));
  await insertSilently(installation, { ...address, number: 7 }, "good");
  await database.query(sql`select pg_notify(${mailChannel(b.id)}, '')`);
  expect(await ear.reached(1)).toEqual(["good"]);
  expect(errors).toEqual(
    Array.from({ length: 5 }, () => expect.objectContaining({ code: "vault_open_failed" })),
  );
  // One that was delivered is not delivered again when somebody puts it back.
  await insertSilently(installation, { ...address, number: 7 }, "good", "again");
  await insertSilently(installation, { ...address, number: 8 }, "next");
  await database.query(sql`select pg_notify(${mailChannel(b.id)}, '')`);
  expect(await ear.reached(2)).toEqual(["good", "next"]);
});

test("a replica that stops is gone at once, with its mail; a dead one when its lease ends", async () => {
  await using installation = await createTestInstallation();
  const { database } = installation;
  const clock = createManualClock();
  const a = await installation.join({ clock });
  const b = await installation.join();
  expect([await a.isAlive(a.id), await a.isAlive(b.id), await a.isAlive("rep_never")]).toEqual([
    true,
    true,
    false,
  ]);
  await insertSilently(installation, { to: b.id, from: "rep_x", number: 1, topic: "t" }, "unread");
  await b[Symbol.asyncDispose]();
  expect(await database.query(sql`select id from replicas`)).toEqual([{ id: a.id }]);
  expect([b.lapsed.aborted, await countMail(database)]).toEqual([true, 0]);
  await expect(b.send(a.id, "t", "")).rejects.toMatchObject({ code: "shutting_down" });
  await expect(a.send(b.id, "t", "")).rejects.toEqual(gone);
  // An answer is remembered for half a second.
  expect(await a.isAlive(b.id)).toBe(true);
  clock.advance(501);
  expect(await a.isAlive(b.id)).toBe(false);

  const c = await installation.join();
  await database.query(sql`update replicas set lease_until = now() where id = ${c.id}`);
  expect(await a.isAlive(c.id)).toBe(false);
  await expect(a.send(c.id, "t", "")).rejects.toEqual(gone);
  await a.broadcast("t", "to nobody");
});

test("who could not renew in time lapses, by its own clock; with the next renewal it is back", async () => {
  await using installation = await createTestInstallation();
  const clock = createManualClock();
  const a = await installation.join({ clock });
  const first = a.lapsed;
  clock.advance(59_999);
  expect([await a.isAlive(a.id), a.lapsed === first, first.aborted]).toEqual([true, true, false]);
  clock.advance(1);
  expect([await a.isAlive(a.id), a.lapsed === first, first.aborted, first.reason]).toEqual([
    false,
    true,
    true,
    gone,
  ]);
  await expect(a.send(a.id, "t", "")).rejects.toEqual(gone);
  await installation.database.query(sql`select pg_notify(${mailChannel(a.id)}, '')`);
  await expect.poll(() => a.isAlive(a.id)).toBe(true);
  expect([a.lapsed === first, a.lapsed.aborted]).toEqual([false, false]);
});

test("who finds that its lease had ended in the database drops what it owns, before it takes another", async () => {
  await using installation = await createTestInstallation();
  const a = await installation.join({ renewMs: 10 });
  for (const lose of [
    sql`delete from replicas`,
    sql`update replicas set lease_until = now() - interval '1 ms'`,
  ]) {
    const before = a.lapsed;
    const lost = new Promise<void>((resolve) => before.addEventListener("abort", () => resolve()));
    await installation.database.query(lose);
    await lost;
    await expect.poll(() => a.lapsed.aborted).toBe(false);
    expect(await installation.database.query(sql`select id from replicas where lease_until > now()`)).toEqual(
      [{ id: a.id }],
    );
  }
});

test("a database that is away: the lease lapses, letters fail; when it is back all goes on", async () => {
  await using installation = await createTestInstallation();
  const { database, errors } = installation;
  const name = database.connection.database;
  await using admin = await openDatabase({ connection: { ...database.connection, database: "postgres" } });
  const a = await installation.join({ leaseMs: 1_000, renewMs: 100, pollMs: 50 });
  const b = await installation.join({ leaseMs: 1_000, renewMs: 100, pollMs: 50 });
  const ear = createEar<string>();
  b.on("t", ear.hear);
  const lapsed = [a, b].map(
    ({ lapsed }) => new Promise<void>((resolve) => lapsed.addEventListener("abort", () => resolve())),
  );
  await admin.query({ text: `alter database "${name}" allow_connections false`, values: [] });
  await admin.query(
    sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = ${name}`,
  );
  await Promise.all(lapsed);
  expect([a.lapsed.aborted, await a.isAlive(a.id)]).toEqual([true, false]);
  await expect(a.isAlive(b.id)).rejects.toMatchObject({ code: "55000" });
  await admin.query({ text: `alter database "${name}" allow_connections true`, values: [] });
  await vi.waitFor(async () => expect([a.lapsed.aborted, b.lapsed.aborted]).toEqual([false, false]), {
    timeout: 10_000,
  });
  await a.send(b.id, "t", "after");
  expect(await ear.reached(1)).toEqual(["after"]);
  expect(errors).toContainEqual(expect.objectContaining({ code: "database_unavailable" }));
});

test("a short absence of the database fails no letter", async () => {
  await using installation = await createTestInstallation();
  const b = await installation.join();
  const ear = createEar<string>();
  b.on("t", ear.hear);
  let failures = 4;
  const a = await installation.join({
    database: withLine(installation.database, async (_, send) => {
      failures -= 1;
      if (failures >= 0) throw databaseGone();
      return send();
    }),
  });
  await a.send(b.id, "t", "patience");
  expect(await ear.reached(1)).toEqual(["patience"]);
});

test("a flood does not keep a replica from renewing its lease", async () => {
  await using installation = await createTestInstallation();
  const clock = createManualClock();
  const b = await installation.join({ clock, leaseMs: 20_000, renewMs: 5_000 });
  const { lapsed } = b;
  const ear = createEar<string>();
  b.on("t", (body) => {
    // A thousand letters take half as long again as the lease lasts.
    clock.advance(30);
    ear.hear(body);
  });
  const flood = Array.from({ length: 1_000 }, (_, index) => `${index}`);
  // Of many senders, so that no lane is ever full and all of it is read in one turn.
  for (const [index, body] of flood.entries()) {
    const from = `rep_${index % 20}`;
    await insertSilently(installation, { to: b.id, from, number: index + 1, topic: "t" }, body);
  }
  await installation.database.query(sql`select pg_notify(${mailChannel(b.id)}, '')`);
  expect((await ear.reached(1_000)).toSorted()).toEqual(flood.toSorted());
  expect([b.lapsed === lapsed, lapsed.aborted]).toEqual([true, false]);
});

test("rows of dead replicas and letters that nobody read are swept, those of the living are not", async () => {
  await using installation = await createTestInstallation();
  const { database } = installation;
  const a = await installation.join();
  await database.query(
    sql`insert into replicas (id, lease_until) values ('rep_dead', now() - interval '1 s')`,
  );
  const address = { to: "rep_dead", from: "rep_x", topic: "t" };
  await insertSilently(installation, { ...address, number: 1 }, "old");
  await database.query(sql`update mail set created_at = now() - interval '61 s'`);
  await insertSilently(installation, { ...address, number: 2 }, "new");
  const b = await installation.join();
  expect([
    await database.query(sql`select id from replicas order by id`),
    await database.query(sql`select number from mail`),
  ]).toEqual([
    [a, b].map(({ id }: Replicas) => ({ id })).toSorted((x, y) => (x.id < y.id ? -1 : 1)),
    [{ number: 2 }],
  ]);
});

test("a start without a database says so", async () => {
  await using installation = await createTestInstallation();
  const { connection } = installation.database;
  const database = { ...installation.database, connection: { ...connection, host: "/nonexistent" } };
  await expect(installation.join({ database })).rejects.toMatchObject({ code: "database_unavailable" });
  await expect(installation.join({ id: createId("replica") })).resolves.toBeDefined();
});

/** As the pool tells of a connection that broke. */
function databaseGone(): Error {
  return databaseFaults.fault("database_unavailable", "The line was cut");
}

async function insertRow(database: Database, address: Address, sealed: Buffer, suffix = ""): Promise<void> {
  const { to, from, topic, number } = address;
  await database.query(sql`
    insert into mail (id, to_replica, from_replica, topic, number, sealed_body)
    values (${letterId(address) + suffix}, ${to}, ${from}, ${topic}, ${number}, ${sealed})`);
}

/** A letter as a replica would write it, without a wake-up. */
async function insertSilently(
  { database, vault }: Awaited<ReturnType<typeof createTestInstallation>>,
  address: Address,
  body: string,
  suffix = "",
): Promise<void> {
  await insertRow(database, address, vault.seal(body, letterContext(address)), suffix);
}
