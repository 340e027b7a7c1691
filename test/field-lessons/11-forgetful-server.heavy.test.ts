/** Field lesson 11: the process of a real server is killed and started anew, in the middle of its callers' work. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHouse, type TestPortal } from "../harness/house.ts";
import { type RunningServer, startEverything } from "../harness/upstreams.ts";
import { freePort } from "../heavy/process/tcp.ts";
import { openReal } from "./sdk.ts";

let portal: TestPortal;
let port: number;
let server: RunningServer;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  const house = opened.use(await startTestHouse());
  port = await freePort();
  server = await startEverything(port);
  opened.defer(() => server[Symbol.asyncDispose]());
  portal = await house.addPortal("work", { every: server.url });
});
afterAll(() => opened.disposeAsync());

test.each(["legacy", "modern"] as const)(
  "%s caller: the next call succeeds and nothing is missing",
  async (era) => {
    await using client = await openReal(era, portal);
    const echo = async () =>
      (await client.callTool({ name: "every_echo", arguments: { message: era } })).content[0].text;
    const names = async () =>
      (await client.listTools()).tools.map((tool: { name: string }) => tool.name).toSorted();
    const [before, first] = [await names(), await echo()];
    expect(first).toBe(`Echo: ${era}`);
    await server[Symbol.asyncDispose]();
    expect(await names()).toEqual(before);
    server = await startEverything(port);
    expect(await echo()).toBe(first);
    expect(await names()).toEqual(before);
  },
);
