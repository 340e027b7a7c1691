/** Field lesson 11: a server that restarts and has forgotten everything costs its callers nothing. */
import { LoggingMessageNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import { type ForgetfulServer, manners, startForgetful } from "./forgetful-server.ts";
import { openReal, openV1 } from "./sdk.ts";

/** The portal looks for a stream that broke off after a second or two. */
const soon = { timeout: 15_000, interval: 20 };

describe.each(Object.keys(manners) as (keyof typeof manners)[])("a server that forgets with %s", (manner) => {
  let house: TestHouse;
  let server: ForgetfulServer;
  let portal: TestPortal;
  const opened = new AsyncDisposableStack();
  const names = ["hello", "log", "touch"].map((name) => `old_${name}`);

  beforeAll(async () => {
    house = opened.use(await startTestHouse());
    server = opened.use(await startForgetful(manner));
    portal = await house.addPortal("work", { old: server.url });
  });
  afterAll(() => opened.disposeAsync());

  async function restart(): Promise<void> {
    await server.stop();
    await server.start();
  }

  const watching = () => server.sessions.filter(({ subscribed }) => subscribed.has("test://watched")).length;

  describe.each(["legacy", "modern"] as const)("%s caller", (era) => {
    test("its next call succeeds, and the one after", async () => {
      await using client = await openReal(era, portal);
      const call = async () => (await client.callTool({ name: "old_hello", arguments: {} })).content;
      const hello = [{ type: "text", text: "hello" }];
      expect(await call()).toEqual(hello);
      for (let n = 0; n < 3; n++) {
        await restart();
        expect([await call(), await call()]).toEqual([hello, hello]);
      }
    });

    test("twenty calls that find the session lost at the same time all succeed", async () => {
      await using client = await openReal(era, portal);
      await client.callTool({ name: "old_hello", arguments: {} });
      await restart();
      const results = await Promise.all(
        Array.from({ length: 20 }, () => client.callTool({ name: "old_hello", arguments: {} })),
      );
      expect(results.map(({ content }) => content[0].text)).toEqual(results.map(() => "hello"));
      // A modern caller's calls at the same time have lines of their own; a legacy client has one session.
      const own = server.sessions.filter(({ clientName }) => clientName === "sdk");
      expect(own.length).toBeLessThanOrEqual(era === "legacy" ? 1 : 20);
    });

    test("what it subscribed to is subscribed again, though it calls nothing", async () => {
      await using client = await openReal(era, portal);
      await client.watch("test://watched");
      await expect.poll(watching, soon).toBe(1);
      await restart();
      await expect.poll(watching, soon).toBe(1);
      const told = client.updated.length;
      await client.callTool({ name: "old_touch", arguments: {} });
      await expect.poll(() => client.updated.length, soon).toBeGreaterThan(told);
      expect(new Set(client.updated)).toEqual(new Set(["test://watched"]));
    });
  });

  test("the log level of a session is set again before its next call", async () => {
    await using client = await openV1(portal);
    const heard: string[] = [];
    client.client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      heard.push(params.level);
    });
    await client.client.setLoggingLevel("alert");
    for (let n = 0; n < 2; n++) {
      await client.callTool({ name: "old_log", arguments: {} });
      await restart();
    }
    await client.callTool({ name: "old_log", arguments: {} });
    expect(heard).toEqual(["alert", "emergency", "alert", "emergency", "alert", "emergency"]);
  });

  test("the portal's lists stay what they were, while it is down and when it is back", async () => {
    await using legacy = await openReal("legacy", portal);
    await using modern = await openReal("modern", portal);
    const seen = new Set<string>();
    const look = async () => {
      for (const client of [legacy, modern]) {
        const { tools } = await client.listTools();
        const { resources } = await client.listResources();
        const toNames = (items: { name: string }[]) => items.map(({ name }) => name).toSorted();
        seen.add(JSON.stringify([toNames(tools), toNames(resources)]));
      }
    };
    await look();
    await server.stop();
    await look();
    for (const client of [legacy, modern]) {
      const asked = performance.now();
      await expect(client.callTool({ name: "old_hello", arguments: {} })).rejects.toMatchObject({
        data: { code: "upstream_unreachable" },
      });
      expect(performance.now() - asked).toBeLessThan(5_000);
    }
    await look();
    // Its lists cannot be read either.
    await house.api("POST", "/servers/old/sync");
    await look();
    await server.start();
    await look();
    await house.api("POST", "/servers/old/sync");
    await look();
    for (const client of [legacy, modern])
      expect(await client.callTool({ name: "old_hello", arguments: {} })).toMatchObject({
        content: [{ text: "hello" }],
      });
    await look();
    expect([...seen]).toEqual([JSON.stringify([[...names, "portal_list_servers"], ["watched"]])]);
  });
});
