/** What members and servers can do to each other, and to the house, with subscriptions. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openLegacy, parsed, rpc, sayModern, type Door } from "../portal/client.ts";
import { openPortals, type Portals } from "../portal/open-portals.ts";
import { startRawLegacy, type RawLegacyServer } from "../fixtures/raw-legacy.ts";
import { startRawModern, type RawModernServer } from "../fixtures/raw-modern.ts";
import type { Script } from "../fixtures/script.ts";

let opened: AsyncDisposableStack;
let house: Portals;
let old: RawLegacyServer;
let modern: RawModernServer;
let door: Door;

const capabilities =
  '{"tools":{"listChanged":true},"logging":{},"resources":{"subscribe":true,"listChanged":true}}';
const script = (scheme: string): Script => ({
  "tools/list": () =>
    '{"resultType":"complete","tools":[{"name":"t","inputSchema":{"type":"object"}}],"ttlMs":0,"cacheScope":"private"}',
  "resources/list": () =>
    `{"resultType":"complete","resources":[{"uri":"${scheme}://1","name":"1"}],"ttlMs":0,"cacheScope":"private"}`,
  "resources/templates/list": () =>
    `{"resultType":"complete","resourceTemplates":[{"uriTemplate":"${scheme}://{+path}","name":"all"}],"ttlMs":0,"cacheScope":"private"}`,
  "tools/call": () => '{"resultType":"complete","content":[]}',
  "logging/setLevel": () => "{}",
  "resources/subscribe": () => "{}",
  "resources/unsubscribe": () => "{}",
});

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  house = opened.use(await openPortals());
  old = opened.use(await startRawLegacy({ capabilities, script: script("old") }));
  modern = opened.use(await startRawModern({ capabilities, script: script("new") }));
  await house.sync("old", old.url);
  await house.sync("new", modern.url);
  door = await house.open("main", ["old", "new"]);
});

afterEach(async () => {
  vi.restoreAllMocks();
  const seen = [house.faults, house.errors];
  await opened.disposeAsync();
  expect(seen).toEqual([[], []]);
});

const updated = (uri: string) => ({ method: "notifications/resources/updated", params: { uri } });

test.each([
  ["taken out of the portal", () => house.portals.removeServer("main", "new")],
  ["removed", () => house.removeServer("new")],
])("a server that was %s is not heard on a subscription that goes on", async (_, takeOut) => {
  const heard = await sayModern(door, "subscriptions/listen", {
    notifications: { resourceSubscriptions: ["new://1", "old://1"] },
  });
  expect(parsed(await heard.next())["params"].notifications.resourceSubscriptions).toEqual([
    "new://1",
    "old://1",
  ]);
  await expect
    .poll(() => modern.subscriptions.some(({ filter }) => "resourceSubscriptions" in filter))
    .toBe(true);
  await old.recording.when("resources/subscribe");
  await takeOut();
  await house.flush();
  await expect
    .poll(() => !modern.subscriptions.some(({ filter }) => "resourceSubscriptions" in filter))
    .toBe(true);
  // What stayed is heard as before.
  old.push(rpc(undefined, updated("old://1").method, updated("old://1").params));
  expect(parsed(await heard.next())).toMatchObject(updated("old://1"));
  heard.leave();
});

test.each(["modern", "legacy"])("of what is withheld later a %s client hears nothing more", async (era) => {
  const uris = ["new", "old"].flatMap((scheme) => [`${scheme}://1`, `${scheme}://2`]);
  const tell = (path: string) => {
    modern.publish(updated("").method, updated(`new://${path}`).params);
    old.push(rpc(undefined, updated("").method, updated(`old://${path}`).params));
  };
  const isHeldAtModern = () =>
    modern.subscriptions.some(({ filter }) => (filter["resourceSubscriptions"] as string[])?.length === 2);
  let next: () => Promise<string | undefined>;
  let leave: () => void;
  if (era === "modern") {
    const heard = await sayModern(door, "subscriptions/listen", {
      notifications: { resourceSubscriptions: uris },
    });
    await heard.next();
    [next, leave] = [() => heard.next(), () => heard.leave()];
  } else {
    const client = await openLegacy(door);
    const stream = await client.stream();
    for (const uri of uris) await client.call("resources/subscribe", { uri });
    [next, leave] = [() => stream.next(), () => stream.leave()];
    // The second made the house listen anew; what was missed meanwhile is told of.
    expect(parsed(await stream.next())).toMatchObject(updated("new://1"));
  }
  await expect.poll(isHeldAtModern).toBe(true);
  await expect.poll(() => old.recording.of("resources/subscribe").length >= 2).toBe(true);
  const off = (uri: string) => ({ entries: { resource: { [uri]: { enabled: false } } } });
  await house.portals.changeCuration("main", "new", off("new://1"));
  await house.portals.changeCuration("main", "old", off("old://1"));
  await house.flush();
  for (const path of ["1", "1/part", "2", "end"]) tell(path);
  const told: string[] = [];
  while (!["new://2", "old://2"].every((uri) => told.includes(uri))) {
    const { method, params } = parsed(await next()) as { method: string; params: { uri: string } };
    if (method === "notifications/resources/updated") told.push(params.uri);
  }
  expect(told.filter((uri) => uri.endsWith("://1"))).toEqual([]);
  leave();
});

test("what a client says of its session does not make its house listen anew at every server", async () => {
  const client = await openLegacy(door);
  const stream = await client.stream();
  await expect
    .poll(() => modern.subscriptions.some(({ filter }) => filter["toolsListChanged"] === true))
    .toBe(true);
  const before = modern.recording.of("subscriptions/listen").length;
  for (const level of ["debug", "info", "warning", "error"]) {
    await client.call("logging/setLevel", { level });
    await house.flush();
  }
  // One that has been ended is seen to be by the next that comes.
  await client.call("resources/subscribe", { uri: "new://1" });
  await expect
    .poll(() => modern.subscriptions.some(({ filter }) => "resourceSubscriptions" in filter))
    .toBe(true);
  expect(modern.recording.of("subscriptions/listen").length - before).toBe(1);
  stream.leave();
});

test("a session that a server forgets long after it was opened is set up again", async () => {
  const timeouts: { ms: number; abort: () => void }[] = [];
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    const controller = new AbortController();
    timeout(ms).addEventListener("abort", () => controller.abort());
    timeouts.push({ ms, abort: () => controller.abort(new DOMException("late", "TimeoutError")) });
    return controller.signal;
  });
  const client = await openLegacy(door);
  await client.call("logging/setLevel", { level: "warning" });
  await client.call("resources/subscribe", { uri: "old://1" });
  const call = rpc(7, "tools/call", { name: "old_t" });
  await (
    await client.send(call)
  ).all;
  // Half a minute passes for whatever was to be done within it.
  for (const { ms, abort } of timeouts) if (ms <= 30_000) abort();
  old.forgetSessions();
  old.recording.clear();
  expect(parsed((await (await client.send(call)).all).at(-1))["result"]).toBeDefined();
  const told = ["logging/setLevel", "resources/subscribe"].map((method) => old.recording.of(method).length);
  expect(told).toEqual([1, 1]);
});

test("a server that answers a subscription with an error that passes is asked again", async () => {
  let isDown = true;
  const listens = () => modern.recording.of("subscriptions/listen").length;
  modern.script = {
    ...script("new"),
    "subscriptions/listen": async function* (params, call) {
      if (isDown) return yield call.error(-32603, "Internal error");
      yield call.notification(
        "notifications/subscriptions/acknowledged",
        JSON.stringify({ notifications: params["notifications"] }),
      );
      yield call.notification(updated("new://1").method, JSON.stringify(updated("new://1").params));
      await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
    },
  };
  const heard = await sayModern(door, "subscriptions/listen", {
    notifications: { resourceSubscriptions: ["new://1"] },
  });
  await heard.next();
  await expect.poll(() => listens() > 0).toBe(true);
  isDown = false;
  expect(parsed(await heard.next())).toMatchObject(updated("new://1"));
  heard.leave();
});

test("what changes while a subscription is made anew for one more resource is told of", async () => {
  const client = await openLegacy(door);
  const stream = await client.stream();
  const watchedUris = () =>
    modern.subscriptions.flatMap(({ filter }) => (filter["resourceSubscriptions"] as string[]) ?? []);
  await client.call("resources/subscribe", { uri: "new://1" });
  await expect.poll(() => watchedUris().length === 1).toBe(true);
  await client.call("resources/subscribe", { uri: "new://2" });
  // The server cannot have told of a change in between; the client is told to look.
  expect(parsed(await stream.next())).toMatchObject(updated("new://1"));
  await expect.poll(() => watchedUris().join() === "new://1,new://2").toBe(true);
  modern.publish(updated("new://2").method, updated("new://2").params);
  expect(parsed(await stream.next())).toMatchObject(updated("new://2"));
  stream.leave();
});

test("a server that closes what it has just opened is asked less and less often", async () => {
  const listens = () => modern.recording.of("subscriptions/listen").length;
  modern.script = {
    ...script("new"),
    "subscriptions/listen": async function* (params, call) {
      yield call.notification(
        "notifications/subscriptions/acknowledged",
        JSON.stringify({ notifications: params["notifications"] }),
      );
      yield call.result('{"resultType":"complete"}');
    },
  };
  const waits: number[] = [];
  const heard = await sayModern(door, "subscriptions/listen", {
    notifications: { resourceSubscriptions: ["new://1"] },
  });
  let last = performance.now();
  for (let n = 1; n <= 3; n++) {
    await expect.poll(() => listens() >= n, { timeout: 8_000, interval: 5 }).toBe(true);
    waits.push(performance.now() - last);
    last = performance.now();
  }
  expect(waits[2]).toBeGreaterThan(1_400);
  heard.leave();
});
