/** The database goes away for longer than a lease lasts, under streams, calls and subscriptions, and comes back. */
import { openDatabase, sql } from "@castellan/database";
import { isFault } from "@castellan/kernel";
import { expect, test, vi } from "vitest";
import { startRawLegacy } from "../fixtures/raw-legacy.ts";
import { startRawModern } from "../fixtures/raw-modern.ts";
import type { Script } from "../fixtures/script.ts";
import { openLegacy, parsed, rpc, sayModern } from "../portal/client.ts";
import { openPortals, type Portals } from "../portal/open-portals.ts";

const capabilities = '{"tools":{},"logging":{},"resources":{"subscribe":true}}';
const script = (scheme: string): Script => ({
  "tools/list": () =>
    '{"resultType":"complete","tools":[{"name":"t","inputSchema":{"type":"object"}}],"ttlMs":0,"cacheScope":"private"}',
  "resources/list": () =>
    `{"resultType":"complete","resources":[{"uri":"${scheme}://1","name":"1"}],"ttlMs":0,"cacheScope":"private"}`,
  "tools/call": () => '{"resultType":"complete","content":[]}',
  "logging/setLevel": () => "{}",
  "resources/subscribe": () => "{}",
});
const log = (data: unknown) => rpc(undefined, "notifications/message", { level: "info", data });
const call = (id: string) => rpc(id, "tools/call", { name: "old_t" });

test("streams are owned again, subscriptions told of, and calls that came meanwhile are told to come again", async () => {
  await using a = await openPortals();
  await using b = await openPortals({ beside: a });
  await using old = await startRawLegacy({ capabilities, script: script("old") });
  await using modern = await startRawModern({ capabilities, script: script("new") });
  await a.sync("old", old.url);
  await a.sync("new", modern.url);
  const door = await a.open("main", ["old", "new"]);
  const at = (house: Portals) => ({ ...door, url: `${house.server.url}/p/main/mcp` });
  await b.flush();

  const client = await openLegacy(at(a));
  const [stream, elsewhere] = [await client.stream(), client.at(at(b))];
  await (
    await elsewhere.send(call("before"))
  ).all;
  for (const uri of ["old://1", "new://1"]) await client.call("resources/subscribe", { uri });
  const listening = await sayModern(at(b), "subscriptions/listen", {
    notifications: { resourceSubscriptions: ["new://1"] },
  });
  await listening.next();
  const watched = () => modern.subscriptions.filter(({ filter }) => "resourceSubscriptions" in filter).length;
  await expect.poll(() => old.streams.length === 1 && watched() === 2, { timeout: 5_000 }).toBe(true);

  const name = a.database.connection.database;
  await using admin = await openDatabase({ connection: { ...a.database.connection, database: "postgres" } });
  const allow = (isAllowed: boolean) =>
    admin.query({ text: `alter database "${name}" allow_connections ${isAllowed}`, values: [] });
  await allow(false);
  await admin.query(
    sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = ${name}`,
  );
  const lapsed = [a, b].map(
    ({ replicas: { lapsed } }) =>
      new Promise<void>((resolve) => lapsed.addEventListener("abort", () => resolve())),
  );
  const meanwhile = new Set<number>();
  const busy = (async () => {
    for (let n = 0; !a.replicas.lapsed.aborted; n++) {
      for (const one of [client, elsewhere]) {
        const heard = await one.send(call(`${n}`));
        meanwhile.add(heard.status);
        await heard.all;
        const opened = await one.stream();
        meanwhile.add(opened.status);
        opened.leave();
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  await Promise.all([busy, ...lapsed]);
  expect([...meanwhile].filter((status) => status !== 200 && status !== 503)).toEqual([]);

  await allow(true);
  await expect
    .poll(() => !a.replicas.lapsed.aborted && !b.replicas.lapsed.aborted, { timeout: 20_000 })
    .toBe(true);
  await Promise.all([a.flush(), b.flush()]);
  await vi.waitUntil(
    async () => {
      await a.sessions.checkStreams();
      return old.streams.length === 1 && watched() === 2;
    },
    { timeout: 20_000, interval: 200 },
  );
  old.push(log("after"));
  await vi.waitUntil(async () => (await stream.next()) === log("after"), { timeout: 5_000 });
  modern.publish("notifications/resources/updated", { uri: "new://1" });
  for (const one of [stream, listening])
    await vi.waitUntil(async () => parsed(await one.next())["params"]?.uri === "new://1", { timeout: 5_000 });
  expect(parsed((await (await elsewhere.send(call("after"))).all).at(-1))["result"]).toBeDefined();
  const told = [...a.errors, ...a.faults, ...b.errors, ...b.faults];
  // 55000: the database takes no connections, which nothing but this test says of one.
  expect(told.filter((one) => !isFault(one) && (one as { code?: string }).code !== "55000")).toEqual([]);
  for (const one of [stream, listening]) one.leave();
}, 90_000);
