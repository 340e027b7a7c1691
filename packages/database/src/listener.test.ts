import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { expect, test } from "vitest";
import type { ConnectionSettings } from "./connection.ts";
import type { Queryable } from "./database.ts";
import { createListener, type Listener } from "./listener.ts";
import { sql } from "./sql.ts";
import { createTestDatabase } from "./testing.ts";

/** Counts turns and lets a test wait until there were so many. */
function createCounter() {
  const waiting = new Map<number, () => void>();
  let turns = 0;
  return {
    count: () => {
      turns += 1;
      waiting.get(turns)?.();
    },
    turns: () => turns,
    reached: (wanted: number) =>
      turns >= wanted ? Promise.resolve() : new Promise<void>((resolve) => void waiting.set(wanted, resolve)),
  };
}

const settings = { channel: "test_channel", applicationName: "castellan-test-line", timeoutMs: 5_000 };
/** Only wake-ups make turns. */
const quiet = { ...settings, pollMs: 3_600_000 };

test("a turn comes with each wake-up, from the channel or by hand, and anyway after the time", async () => {
  await using database = await createTestDatabase();
  const { connection } = database;
  const woken = createCounter();
  await using listener = await createListener({
    ...quiet,
    connection,
    turn: async (connect) => {
      await connect();
      woken.count();
    },
  });
  expect(woken.turns()).toBe(1);
  await database.query(sql`select pg_notify('other_channel', ''), pg_notify('test_channel', '')`);
  await woken.reached(2);
  listener.wake();
  await woken.reached(3);
  const polled = createCounter();
  await using _ = await createListener({
    ...settings,
    connection,
    pollMs: 5,
    turn: async () => polled.count(),
  });
  await polled.reached(5);
});

test("a wake-up while a turn runs makes another; there is one at a time", async () => {
  await using database = await createTestDatabase();
  const ends = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const begun = createCounter();
  let [running, most] = [0, 0];
  ends[0]?.resolve();
  await using listener = await createListener({
    ...quiet,
    connection: database.connection,
    turn: async () => {
      running += 1;
      most = Math.max(most, running);
      const end = ends[begun.turns()];
      begun.count();
      await end?.promise;
      running -= 1;
    },
  });
  listener.wake();
  await begun.reached(2);
  listener.wake();
  listener.wake();
  ends[1]?.resolve();
  await begun.reached(3);
  expect(most).toBe(1);
});

test("a connection that ends is replaced by another at once; a failed statement ends it", async () => {
  await using database = await createTestDatabase();
  const lines = new Set<Queryable>();
  const errors: unknown[] = [];
  const turns = createCounter();
  let statement = sql`select 1`;
  await using listener = await createListener({
    ...quiet,
    connection: database.connection,
    onError: (error) => {
      errors.push(error);
      statement = sql`select 1`;
    },
    turn: async (connect) => {
      const line = await connect();
      await line.query(statement);
      lines.add(line);
      turns.count();
    },
  });
  statement = sql`select 1 / 0`;
  listener.wake();
  await turns.reached(2);
  expect([lines.size, errors]).toEqual([2, [expect.objectContaining({ code: "22012" })]]);
  await database.query(sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and application_name = 'castellan-test-line'`);
  await turns.reached(3);
  expect([lines.size, errors.slice(1)]).toEqual([
    3,
    [expect.objectContaining({ code: "database_unavailable" })],
  ]);
});

test("a turn that fails by itself is told of and keeps its connection", async () => {
  await using database = await createTestDatabase();
  const lines = new Set<Queryable>();
  const boom = new Error("boom");
  const told: unknown[] = [];
  const turns = createCounter();
  await using _: Listener = await createListener({
    ...settings,
    pollMs: 5,
    connection: database.connection,
    onError: (error) => told.push(error),
    turn: async (connect) => {
      lines.add(await connect());
      turns.count();
      if (turns.turns() === 2) throw boom;
    },
  });
  await turns.reached(4);
  expect([lines.size, told]).toEqual([1, [boom]]);
});

test("the first turn's failure is thrown, and a closed listener takes none", async () => {
  await using database = await createTestDatabase();
  const { connection } = database;
  const boom = new Error("boom");
  await expect(createListener({ ...quiet, connection, turn: () => Promise.reject(boom) })).rejects.toBe(boom);
  await expect(
    createListener({
      ...quiet,
      connection: { ...connection, host: "/nonexistent" },
      turn: async (connect) => void (await connect()),
    }),
  ).rejects.toMatchObject({ code: "database_unavailable" });
  const turns = createCounter();
  const listener = await createListener({ ...quiet, connection, turn: async () => turns.count() });
  await listener[Symbol.asyncDispose]();
  listener.wake();
  expect(turns.turns()).toBe(1);
  await expect(
    createListener({ ...quiet, connection, channel: "a; drop table b", turn: async () => {} }),
  ).rejects.toThrow(new TypeError('"a; drop table b" is not an SQL identifier'));
});

test("a server that falls silent is left after the time, and a goodbye does not wait for it", async () => {
  await using database = await createTestDatabase();
  await using proxy = await createProxy(database.connection);
  const failed = Promise.withResolvers<unknown>();
  const turns = createCounter();
  const listener = await createListener({
    ...quiet,
    connection: proxy.connection,
    timeoutMs: 1_000,
    answerGraceMs: 50,
    onError: failed.resolve,
    turn: async (connect) => {
      await (await connect()).query(sql`select 1`);
      turns.count();
    },
  });
  proxy.freeze();
  listener.wake();
  expect(await failed.promise).toMatchObject({ code: "database_unavailable" });
  await turns.reached(2);
  proxy.freeze();
  await listener[Symbol.asyncDispose]();
  await expect(
    createListener({
      ...quiet,
      connection: proxy.connection,
      timeoutMs: 50,
      turn: async (connect) => {
        proxy.freezeNext();
        await connect();
      },
    }),
  ).rejects.toMatchObject({ code: "database_unavailable" });
});

/** A way to the server on which bytes can stop flowing while the connection stands. */
async function createProxy({ host, port, ...rest }: ConnectionSettings) {
  const sockets = new Set<Socket>();
  let isNextFrozen = false;
  const server = createServer((near) => {
    const far = connect({ path: `${host}/.s.PGSQL.${port}` });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
    }
    near.on("close", () => far.destroy());
    if (!isNextFrozen) near.pipe(far).pipe(near);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    connection: { ...rest, host: "127.0.0.1", port: (server.address() as AddressInfo).port },
    /** Nothing goes either way on the connections that there are. */
    freeze: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    freezeNext: () => void (isNextFrozen = true),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}
