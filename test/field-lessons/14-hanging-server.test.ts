/**
 * Field lesson 14: one bad server breaks nobody. What is dead or hangs as a portal is made is in
 * `test/portal/missing-server.test.ts`; here a server that was well hangs all of a sudden, in the middle of its calls.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Era } from "../fixtures/exotic.ts";
import { faults } from "../fixtures/faulty.ts";
import { startRawLegacy } from "../fixtures/raw-legacy.ts";
import { type LivelyServer, openCaller, startLively } from "../harness/cells.ts";
import { type LegacyCaller, openLegacyCaller } from "../harness/callers/legacy.ts";
import type { Caller } from "../harness/callers/caller.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import { watchers } from "../eras/scene.ts";
import { openReal } from "./sdk.ts";

const quickMs = 5_000;
const eras = ["legacy", "modern"] as const;
const servers = ["old_bad", "old_good", "new_bad", "new_good"];
const slugs = { old_bad: "old-bad", old_good: "old-good", new_bad: "new-bad", new_good: "new-good" };

const opened = new AsyncDisposableStack();
let house: TestHouse;
let portal: TestPortal;
const bad = {} as Record<Era, LivelyServer>;

beforeAll(async () => {
  house = opened.use(await startTestHouse({ env: { CASTELLAN_SYNC_TIMEOUT_SECONDS: "1" } }));
  const [oldGood, newGood] = await Promise.all(eras.map((era) => startLively(era)));
  const [oldBad, newBad] = await Promise.all(eras.map((era) => startLively(era)));
  if (!oldGood || !newGood || !oldBad || !newBad) throw new TypeError("there are two eras");
  for (const server of [oldGood, newGood, oldBad, newBad]) opened.use(server);
  Object.assign(bad, { legacy: oldBad, modern: newBad });
  portal = await house.addPortal("work", {
    [slugs.old_bad]: oldBad.url,
    [slugs.old_good]: oldGood.url,
    [slugs.new_bad]: newBad.url,
    [slugs.new_good]: newGood.url,
  });
});
beforeEach(() => {
  for (const era of eras) bad[era].intercept = undefined;
});
afterAll(() => opened.disposeAsync());

function hang(): void {
  for (const era of eras) bad[era].intercept = faults.hang();
}

/** What it resolves to; rejects when it takes any time to speak of. */
async function quickly<T>(what: string, work: () => Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} takes longer than ${quickMs} ms`)), quickMs);
  try {
    return await Promise.race([work(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const lists = ["tools/list", "prompts/list", "resources/list", "resources/templates/list"];

async function countAll(caller: Caller): Promise<number[]> {
  const counts: number[] = [];
  for (const method of lists) {
    const { message } = await quickly(method, () => caller.request(method));
    const items = Object.values(message.result as object).find((each) => Array.isArray(each)) as unknown[];
    counts.push(items.length);
  }
  return counts;
}

describe.each(eras)("%s caller", (era) => {
  test("lists and hellos are as full and as quick as ever, in an old session and in a new one", async () => {
    await using before = await openCaller(era, portal);
    await before.request("tools/call", { name: "old-bad_show" });
    const counts = await countAll(before);
    hang();
    expect(await countAll(before)).toEqual(counts);
    await using after = await quickly("a hello", async () => {
      const caller = await openCaller(era, portal);
      if (caller instanceof ModernCaller) await caller.request("server/discover");
      return caller;
    });
    expect(await countAll(after)).toEqual(counts);
    await using client = await quickly("a real client's hello", () => openReal(era, portal));
    expect((await quickly("its list", () => client.listTools())).tools.length).toBe(counts[0]);
  });

  test("calls that hang hold up no other call, of the same caller or of others", async () => {
    await using caller = await openCaller(era, portal);
    await using other = await openCaller(era, portal);
    hang();
    const leaving: { leave(): void }[] = [];
    for (const name of ["old-bad_show", "new-bad_show"])
      for (let n = 0; n < 20; n++)
        void (caller as LegacyCaller | ModernCaller).call("tools/call", { name }).then(
          ({ exchange }) => leaving.push(exchange),
          () => undefined,
        );
    await expect
      .poll(() => bad.modern.recording.of("tools/call").length, { timeout: 10_000 })
      .toBeGreaterThanOrEqual(20);
    for (const each of [caller, other])
      for (const name of ["old-good_show", "new-good_show"]) {
        const { message } = await quickly(name, () => each.request("tools/call", { name }));
        expect(message.result.content).toEqual([{ type: "text", text: "shown" }]);
      }
    expect((await countAll(caller)).every((count) => count > 0)).toBe(true);
    for (const exchange of leaving) exchange.leave();
  });

  test("the missing are named as soon as a look at them failed", async () => {
    hang();
    await Promise.all(["old-bad", "new-bad"].map((slug) => house.api("POST", `/servers/${slug}/sync`)));
    await using caller = await openCaller(era, portal);
    const { message } = await quickly("portal_list_servers", () =>
      caller.request("tools/call", { name: "portal_list_servers" }),
    );
    const { servers: listed } = message.result.structuredContent as {
      servers: { slug: string; status: string; error?: { code: string } }[];
    };
    expect(listed.map(({ slug, status, error }) => [slug, status, error?.code])).toEqual([
      ["old-bad", "stale", "upstream_timeout"],
      ["old-good", "ready", undefined],
      ["new-bad", "stale", "upstream_timeout"],
      ["new-good", "ready", undefined],
    ]);
    for (const era of eras) bad[era].intercept = undefined;
    await Promise.all(["old-bad", "new-bad"].map((slug) => house.api("POST", `/servers/${slug}/sync`)));
    const again = await caller.request("tools/call", { name: "portal_list_servers" });
    expect(
      again.message.result.structuredContent.servers.map(({ status }: { status: string }) => status),
    ).toEqual(servers.map(() => "ready"));
  });
});

describe("a legacy client whose server hangs", () => {
  async function open(): Promise<LegacyCaller> {
    const caller = await openLegacyCaller(portal);
    for (const name of ["old-bad_show", "old-good_show"]) await caller.request("tools/call", { name });
    hang();
    return caller;
  }

  test("pings, opens its stream, says that its roots have changed and leaves at once", async () => {
    const caller = await open();
    const changed = "notifications/roots/list_changed";
    expect((await quickly("ping", () => caller.request("ping"))).message.result).toEqual({});
    expect((await quickly("GET", () => caller.listen())).status).toBe(200);
    expect(await quickly(changed, () => caller.notify(changed))).toBe(202);
    await caller[Symbol.asyncDispose]();
    expect(await quickly("DELETE", () => caller.end())).toBe(204);
  });

  test("sets its log level at once, and the other servers are told", async () => {
    const caller = await open();
    const level = await quickly("logging/setLevel", () =>
      caller.request("logging/setLevel", { level: "alert" }),
    );
    expect(level.message.result).toEqual({});
    await quickly("a call to another", () => caller.request("tools/call", { name: "old-good_log" }));
    const told = caller.inbox
      .of("notifications/message")
      .map(({ message }) => message["params"].level as string);
    expect(told).toEqual(["alert", "emergency"]);
  });
});

test("what a client subscribes to is watched, though another server does not hear of its log level", async () => {
  // Without sessions: what such a server is to know, each replica tells it itself.
  await using forgetting = await startRawLegacy({
    sessions: "none",
    capabilities: '{"tools":{},"logging":{}}',
    script: {
      "tools/list": () => '{"tools":[{"name":"hello","inputSchema":{"type":"object"}}]}',
      "tools/call": () => '{"content":[]}',
      "logging/setLevel": () => "{}",
    },
  });
  await using good = await startLively("modern");
  const door = await house.addPortal("mixed", { none: forgetting.url, good: good.url });
  await using caller = await openLegacyCaller(door);
  await caller.listen();
  await caller.request("tools/call", { name: "none_hello" });
  forgetting.intercept = faults.hang();
  void caller.request("logging/setLevel", { level: "alert" }).catch(() => undefined);
  await forgetting.recording.when("logging/setLevel");
  await quickly("resources/subscribe", () => caller.watch(["test://watched"]));
  await expect.poll(() => watchers(good), { timeout: 10_000 }).toBe(1);
});

test("a modern client's subscription is acknowledged at once, though a server hangs", async () => {
  hang();
  await using caller = new ModernCaller(portal);
  const filter = {
    toolsListChanged: true,
    resourceSubscriptions: ["test://watched"],
  };
  const { exchange } = await quickly("subscriptions/listen", () => caller.listen(filter));
  expect(exchange.status).toBe(200);
});
