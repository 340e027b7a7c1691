/** Field lesson 12: lines to servers are used again. A client's calls cost one session and one connection or two. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Door } from "../harness/callers/caller.ts";
import { cells, type LivelyServer, openCaller, startLively } from "../harness/cells.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { everyFeature } from "../harness/registration.ts";
import { openReal, openV1, said } from "./sdk.ts";

let house: TestHouse;
beforeAll(async () => {
  house = await startTestHouse();
});
afterAll(() => house?.[Symbol.asyncDispose]());

/** For requests, for what the server says to the client and to the house, and what overlaps as one follows another. */
const fewConnections = 8;
const calls = 60;

describe.each(cells)("$cell: $caller caller, $server server", ({ cell, caller: era, server: to }) => {
  const slug = cell.toLowerCase();
  const tool = (own: string) => ({ name: `${slug}_${own}`, arguments: {} });
  let server: LivelyServer;
  let door: Door;

  beforeAll(async () => {
    server = await startLively(to);
    door = await house.addPortal(slug, { [slug]: { url: server.url, clientFeatures: everyFeature } });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  /** Sessions that a client of this name had begun on its behalf. */
  const sessionsOf = (name: string) =>
    server.recording.of(({ method, body }) => method === "initialize" && body.includes(`"name":"${name}"`))
      .length;

  /** Connections that the server accepted while something was done. */
  async function accepted(work: () => Promise<unknown>): Promise<number> {
    const before = server.connections.accepted;
    await work();
    return server.connections.accepted - before;
  }

  test(`${calls} calls of a real client, one after the other`, async () => {
    await using client = await openReal(era, door);
    const before = sessionsOf("sdk");
    const connections = await accepted(async () => {
      for (let n = 0; n < calls; n++)
        expect((await client.callTool(tool("show"))).content).toEqual([{ type: "text", text: "shown" }]);
    });
    expect(server.recording.of("tools/call").length).toBe(calls);
    expect(sessionsOf("sdk") - before).toBe(to === "legacy" ? 1 : 0);
    expect(connections).toBeLessThanOrEqual(fewConnections);
  });

  test("calls that are asked something on the way cost no more", async () => {
    await using client = await openReal(era, door);
    const [before, sessions] = [server.recording.of("tools/call").length, sessionsOf("sdk")];
    const connections = await accepted(async () => {
      for (let n = 0; n < 10; n++)
        expect((await client.callTool(tool("ask_twice"))).structuredContent).toEqual({
          answers: { who: said.form, age: said.form },
        });
    });
    expect(server.recording.of("tools/call").length - before).toBe(to === "legacy" ? 10 : 30);
    expect(sessionsOf("sdk") - sessions).toBeLessThanOrEqual(1);
    expect(connections).toBeLessThanOrEqual(fewConnections);
  });

  test("what was opened for forty calls at once serves the next forty", async () => {
    const name = `many-${slug}`;
    await using caller = await openCaller(era, door, { name });
    const burst = () =>
      Promise.all(
        Array.from({ length: 40 }, () =>
          caller.request("tools/call", { name: `${slug}_slow`, arguments: { steps: 2 } }),
        ),
      );
    const first = await accepted(burst);
    const replies: Awaited<ReturnType<typeof burst>> = [];
    const second = await accepted(async () => {
      for (let n = 0; n < 3; n++) replies.push(...(await burst()));
    });
    expect(replies.filter(({ message }) => message.result === undefined)).toEqual([]);
    // A modern caller's call has a legacy session for itself, and with it the session's own stream.
    expect(first).toBeLessThanOrEqual((cell === "C3" ? 80 : 40) + fewConnections);
    // Of 120 calls: those that found another one still under way where the first forty did not.
    expect(second).toBeLessThan(40);
    expect(sessionsOf(name)).toBeLessThanOrEqual({ C1: 1, C2: 0, C3: 40, C4: 0 }[cell]);
  });

  test("clients that come and go leave next to nothing open", async () => {
    const connections = await accepted(async () => {
      for (let n = 0; n < 10; n++) {
        await using client = await openReal(era, door);
        await client.callTool(tool("show"));
      }
    });
    if (era === "modern") expect(connections).toBeLessThanOrEqual(fewConnections);
    // Lines that served modern callers wait for the next calls, each with its stream: they are not these clients'.
    else
      await expect
        .poll(() => server.connections.open, { timeout: 25_000 })
        .toBeLessThanOrEqual(fewConnections);
  });
});

test.each(["legacy", "modern"] as const)(
  "a portal's own watch of a %s server goes on while its clients call and subscribe",
  async (to) => {
    await using server = await startLively(to);
    const slug = `watched-${to}`;
    const door = await house.addPortal(slug, { [slug]: server.url });
    await using client = await openV1(door);
    /** Sessions or subscriptions that the house itself has begun. */
    const begun = () =>
      server.recording.of(
        ({ method, body }) =>
          method === (to === "legacy" ? "initialize" : "subscriptions/listen") &&
          body.includes('"name":"castellan"'),
      ).length;
    const held = () =>
      to === "legacy" && "streams" in server ? server.streams.length : server.subscriptions.length;
    await expect.poll(held, { timeout: 10_000 }).toBeGreaterThan(0);
    const before = begun();
    await client.callTool({ name: `${slug}_show`, arguments: {} });
    await client.watch("test://watched");
    await client.watch("test://item/1");
    const watching = () =>
      server.subscriptions.filter((each) => JSON.stringify(each).includes("test://item/1")).length;
    await expect.poll(watching, { timeout: 10_000 }).toBe(1);
    expect(begun() - before).toBe(0);
  },
);
