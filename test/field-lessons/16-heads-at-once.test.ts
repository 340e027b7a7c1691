/**
 * Field lesson 16: who opens a stream has its head at once, and a byte with it, whatever the servers behind it do.
 * Clients wait for it before they go on.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Era } from "../fixtures/exotic.ts";
import { faults } from "../fixtures/faulty.ts";
import { startRawLegacy } from "../fixtures/raw-legacy.ts";
import { cells, type LivelyServer, startLively } from "../harness/cells.ts";
import type { Door } from "../harness/callers/caller.ts";
import { openLegacyCaller } from "../harness/callers/legacy.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { everyFeature } from "../harness/registration.ts";
import { type Bytes, send, sendLegacy, sendModern, sessionHeaders } from "./bytes.ts";
import { openReal } from "./sdk.ts";

const atOnceMs = 1_000;

const opened = new AsyncDisposableStack();
let house: TestHouse;
const doors: Record<string, Door> = {};
let live: Readonly<Record<Era, LivelyServer>>;

const tool = { "tools/list": () => '{"tools":[{"name":"hello","inputSchema":{"type":"object"}}]}' };
const capabilities = '{"tools":{"listChanged":true},"resources":{"subscribe":true}}';
const resources = {
  "resources/list": () => '{"resources":[{"uri":"test://watched","name":"watched"}]}',
  "resources/templates/list": () => '{"resourceTemplates":[]}',
  "resources/subscribe": () => "{}",
  "tools/call": () => '{"content":[]}',
};
const script = { ...tool, ...resources };

/** Servers whose own streams are slow to open, or do not; each behind a portal of that name. */
const slowToOpen = ["silent", "hanging", "refusing", "dead"] as const;

beforeAll(async () => {
  house = opened.use(await startTestHouse({ env: { CASTELLAN_SYNC_TIMEOUT_SECONDS: "1" } }));
  const options = { capabilities, script };
  const silent = opened.use(await startRawLegacy({ ...options, getStream: "silent" }));
  const hanging = opened.use(await startRawLegacy(options));
  const refusing = opened.use(await startRawLegacy({ ...options, getStream: "refused" }));
  const dead = await startRawLegacy(options);
  for (const [slug, { url }] of Object.entries({ silent, hanging, refusing, dead }))
    doors[slug] = await house.addPortal(slug, { [slug]: url });
  hanging.intercept = faults.hang();
  await dead[Symbol.asyncDispose]();
  live = { legacy: opened.use(await startLively("legacy")), modern: opened.use(await startLively("modern")) };
  for (const era of ["legacy", "modern"] as const)
    doors[era] = await house.addPortal(era, { [era]: { url: live[era].url, clientFeatures: everyFeature } });
});
afterAll(() => opened.disposeAsync());

const doorOf = (slug: string): Door => {
  const door = doors[slug];
  if (door === undefined) throw new RangeError(`There is no portal ${slug}`);
  return door;
};

/** A head that says a stream, and its first byte, in time. */
async function opensAtOnce(bytes: Bytes): Promise<void> {
  expect([bytes.status, bytes.contentType]).toEqual([200, "text/event-stream"]);
  expect(bytes.headMs).toBeLessThan(atOnceMs);
  await expect.poll(() => bytes.pieces.length).toBeGreaterThan(0);
  expect(bytes.pieces[0]?.atMs).toBeLessThan(atOnceMs);
}

const notifications = { toolsListChanged: true, resourceSubscriptions: ["test://watched"] };

describe.each([...slowToOpen, "legacy", "modern"])("a portal over a server that is %s", (slug) => {
  test("the GET stream of a new session", async () => {
    const { sessionId } = await openLegacyCaller(doorOf(slug));
    const stream = await send(doorOf(slug), sessionHeaders(sessionId));
    await opensAtOnce(stream);
    stream.leave();
  });

  test("the GET stream of a session that has a line to the server already", async () => {
    const caller = await openLegacyCaller(doorOf(slug));
    // It may fail, or never be answered: what it does to the line is the point.
    const own = slug in live ? "show" : "hello";
    void caller.request("tools/call", { name: `${slug}_${own}` }).catch(() => undefined);
    const stream = await send(doorOf(slug), sessionHeaders(caller.sessionId));
    await opensAtOnce(stream);
    stream.leave();
  });

  test("subscriptions/listen, and its acknowledgement", async () => {
    const stream = await sendModern(doorOf(slug), "subscriptions/listen", { notifications });
    await opensAtOnce(stream);
    await expect
      .poll(() => stream.text, { timeout: atOnceMs })
      .toContain("notifications/subscriptions/acknowledged");
    stream.leave();
  });

  test("real clients of both eras connect and listen", async () => {
    for (const era of ["legacy", "modern"] as const) {
      const asked = performance.now();
      await using client = await openReal(era, doorOf(slug));
      expect((await client.listTools()).tools.length).toBeGreaterThan(1);
      expect(performance.now() - asked).toBeLessThan(2 * atOnceMs);
    }
  });
});

describe.each(cells)("$cell: $caller caller, $server server", ({ caller, server }) => {
  const params = (own: string, args: object = {}) => ({
    name: `${server}_${own}`,
    arguments: args,
    _meta: { progressToken: "p" },
  });
  async function call(own: string, args: object = {}): Promise<Bytes> {
    const door = doorOf(server);
    if (caller === "modern") return sendModern(door, "tools/call", params(own, args), { progressToken: "p" });
    return sendLegacy(door, (await openLegacyCaller(door)).sessionId, "tools/call", params(own, args));
  }

  test("a POST whose server speaks before it answers has its head with the first word", async () => {
    const bytes = await call("slow");
    await opensAtOnce(bytes);
    await expect.poll(() => bytes.text.split('"progress":').length, { timeout: 5_000 }).toBeGreaterThan(3);
    // Each word by itself, not kept until there are many.
    expect(bytes.pieces.length).toBeGreaterThan(2);
    bytes.leave();
  });

  test("a POST whose server answers at once is plain JSON", async () => {
    const bytes = await call("show");
    expect([bytes.status, bytes.contentType]).toEqual([200, "application/json"]);
    expect(bytes.headMs).toBeLessThan(atOnceMs);
    expect(JSON.parse(await bytes.ended)).toMatchObject({ result: { content: [{ text: "shown" }] } });
  });
});

test("the rest of a stream that broke off has its head at once, though nothing has been said since", async () => {
  const caller = await openLegacyCaller(doorOf("legacy"), { answers: () => new Promise(() => undefined) });
  const call = await caller.call("tools/call", { name: "legacy_sample" });
  await caller.inbox.when("sampling/createMessage");
  const { lastEventId = "" } = call.exchange;
  call.exchange.leave();
  const rest = await send(doorOf("legacy"), {
    ...sessionHeaders(caller.sessionId),
    "last-event-id": lastEventId,
  });
  await opensAtOnce(rest);
  rest.leave();
});
