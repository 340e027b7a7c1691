/**
 * Field lesson 3: a server that answers 401 is not a server without tools. What was read before is kept, the failure
 * is told to admins and to callers, and no call of any kind to it comes back as a good answer.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { HttpAnswer } from "../fixtures/script.ts";
import { startStocked, type StockedServer } from "../fixtures/stocked.ts";
import { cells, openCaller, type Cell } from "../harness/cells.ts";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import type { Loose } from "../harness/callers/inbox.ts";
import { openReal } from "./sdk.ts";

const opened = new AsyncDisposableStack();
let house: TestHouse;

beforeAll(async () => {
  house = opened.use(await startTestHouse());
});
afterAll(() => opened.disposeAsync());

const denied: HttpAnswer = {
  status: 401,
  headers: { "www-authenticate": 'Bearer realm="upstream"' },
  body: '{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}',
};
const stock = {
  tools: [{ name: "t", inputSchema: { type: "object" } }],
  prompts: [{ name: "p" }],
  resources: [{ uri: "doc://1", name: "1" }],
  resourceTemplates: [{ uriTemplate: "page://{n}", name: "n" }],
};
const toldLists = {
  "tools/list": "tools",
  "prompts/list": "prompts",
  "resources/list": "resources",
  "resources/templates/list": "resource templates",
};
const lists = Object.keys(toldLists);

let made = 0;

describe.each(cells)(
  "$cell: $caller caller, $server server",
  ({ caller: callerEra, server: serverEra }: Cell) => {
    let slug: string;
    let server: StockedServer;
    let portal: TestPortal;
    beforeEach(async () => {
      slug = `s${++made}`;
      server = await startStocked(serverEra, stock);
    });

    const sync = () => house.api<{ state: Loose; counts: object }>("POST", `/servers/${slug}/sync`);
    const unauthorized = {
      status: "needs_attention",
      attention: [{ code: "upstream_unauthorized" }],
      error: { code: "upstream_unauthorized", details: { status: 401 } },
    };

    async function everyList() {
      await using caller = await openCaller(callerEra, portal);
      const replies = await Promise.all(lists.map((method) => caller.request(method)));
      return replies.map(({ message }) => message.result as unknown);
    }

    /** Answers 401 to this from then on: what everyone is told of it, and that it is as before once it is mended. */
    async function refuse(method: string) {
      portal = await house.addPortal(slug, { [slug]: server.url });
      const before = await everyList();
      expect(JSON.stringify(before[0])).toContain(`"${slug}_t"`);
      server.broken = { [method]: denied };
      const { state } = await sync();
      expect(await everyList()).toEqual(before);
      await using caller = await openCaller(callerEra, portal);
      const { message } = await caller.request("tools/call", { name: "portal_list_servers" });
      server.broken = {};
      const { status, error, failedLists } = (await sync()).state;
      expect([status, error, failedLists]).toEqual(["ready", undefined, []]);
      return { state, told: message.result?.structuredContent.servers as unknown };
    }

    test.each(Object.entries(toldLists))(
      "401 to %s: what was read is kept, all of it, and the failure of that list is told",
      async (list, name) => {
        await using _ = server;
        const { state, told } = await refuse(list);
        const { error: failure, ...attention } = unauthorized;
        expect(state).toMatchObject({ ...attention, failedLists: [{ list, ...failure }] });
        expect(told).toMatchObject([
          { slug, status: "ready", tools: 1, failedLists: [{ list: name, code: "upstream_unauthorized" }] },
        ]);
      },
    );

    test("401 before any list: what was read is kept, all of it, and the failure is told", async () => {
      await using _ = server;
      const { state, told } = await refuse(serverEra === "modern" ? "server/discover" : "initialize");
      expect(state).toMatchObject(unauthorized);
      expect(told).toMatchObject([
        { slug, status: "stale", tools: 1, error: { code: "upstream_unauthorized" } },
      ]);
    });

    test("401 from the start: nothing is known of it, and that is what everyone is told", async () => {
      await using _ = server;
      server.intercept = ({ response }) => {
        response.writeHead(401, { "content-type": "application/json" }).end(denied.body);
        return true;
      };
      portal = await house.addPortal(slug, { [slug]: server.url });
      const { state, counts } = await house.api<{ state: object; counts: object }>("GET", `/servers/${slug}`);
      expect([state, counts]).toMatchObject([unauthorized, { tools: 0 }]);
      await using caller = await openCaller(callerEra, portal);
      const { message } = await caller.request("tools/call", { name: "portal_list_servers" });
      expect(message.result?.structuredContent.servers).toMatchObject([
        { slug, status: "error", error: { code: "upstream_unauthorized" } },
      ]);
      expect(message.result?.content[0].text).toContain("upstream_unauthorized");
    });

    test("a call, a prompt, a resource, a completion: each is told as what it is, and recorded so", async () => {
      await using _ = server;
      portal = await house.addPortal(slug, { [slug]: server.url });
      await using caller = await openCaller(callerEra, portal);
      const argument = { name: "a", value: "b" };
      const calls: [method: string, params: object][] = [
        ["tools/call", { name: `${slug}_t` }],
        ["prompts/get", { name: `${slug}_p` }],
        ["resources/read", { uri: "doc://1" }],
        ["resources/read", { uri: "page://1" }],
        ["completion/complete", { ref: { type: "ref/prompt", name: `${slug}_p` }, argument }],
      ];
      server.broken = Object.fromEntries(calls.map(([method]) => [method, denied]));
      for (const [method, params] of calls) {
        const { message } = await caller.request(method, params);
        expect([method, message.result]).toEqual([method, undefined]);
        expect((message.error as Loose).data).toMatchObject({ code: "upstream_unauthorized", status: 401 });
      }
      const { items } = await house.api<{ items: Loose[] }>("GET", `/calls?portal=${slug}&limit=100`);
      const asked = items.filter(({ method }) => calls.some(([one]) => one === method));
      expect(asked.map(({ outcome, code }) => [outcome, code])).toEqual(
        calls.map(() => ["error", "upstream_unauthorized"]),
      );
      await using real = await openReal(callerEra, portal);
      await expect(real.callTool({ name: `${slug}_t`, arguments: {} })).rejects.toThrow(/401|authori/i);
      await expect(real.getPrompt({ name: `${slug}_p` })).rejects.toThrow(/401|authori/i);
      await expect(real.readResource({ uri: "doc://1" })).rejects.toThrow(/401|authori/i);
      server.broken = {};
      expect((await real.callTool({ name: `${slug}_t`, arguments: {} })).content[0].text).toBe("t");
    });
  },
);
