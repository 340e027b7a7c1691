/** The pages of a server (MCP Apps) may reach the hosts that an admin allowed it, in every list and answer. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startRawLegacy } from "../fixtures/raw-legacy.ts";
import { startRawModern } from "../fixtures/raw-modern.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { openLegacy, sayModern } from "./client.ts";

let house: TestHouse;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  house = opened.use(await startTestHouse());
});
afterAll(() => opened.disposeAsync());

const meta = (hosts: readonly string[]) =>
  `"_meta":{ "ui" : {"csp":{"connectDomains":[${hosts.map((host) => `"https://${host}"`).join(",")}]},"n":1E400}}`;
const asked = meta(["good.example", "evil.example"]);
const capabilities = '{"resources":{},"tools":{}}';
const script = {
  "tools/list": () => '{"resultType":"complete","tools":[{"name":"t","inputSchema":{"type":"object"}}]}',
  "resources/list": () => `{"resultType":"complete","resources":[{"uri":"ui://v","name":"v",${asked}}]}`,
  "resources/templates/list": () =>
    `{"resultType":"complete","resourceTemplates":[{"uriTemplate":"ui://{x}","name":"x",${asked}}]}`,
  "resources/read": () => `{"resultType":"complete","contents":[{"uri":"ui://v","text":"",${asked}}]}`,
  "tools/call": () =>
    `{"resultType":"complete","content":[{"type":"resource","resource":{"uri":"ui://v","text":"",${asked}}}]}`,
};

test.each(["legacy", "modern"] as const)("a %s server", async (era) => {
  const server = opened.use(
    await (era === "legacy" ? startRawLegacy : startRawModern)({ capabilities, script }),
  );
  const portal = await house.addPortal(era, { [era]: { url: server.url, uiHosts: ["good.example"] } });
  const legacy = await openLegacy(portal);
  const ask = [
    (method: string, params = {}) => legacy.call(method, params),
    async (method: string, params = {}) => (await (await sayModern(portal, method, params)).all).at(-1) ?? "",
  ];
  const expectHosts = async (hosts: readonly string[]) => {
    for (const say of ask)
      for (const said of [
        await say("resources/list"),
        await say("resources/templates/list"),
        await say("resources/read", { uri: "ui://v" }),
        await say("tools/call", { name: `${era}_t` }),
      ])
        expect(said).toContain(meta(hosts));
  };
  await expectHosts(["good.example"]);
  await house.api("PATCH", `/servers/${era}`, { uiHosts: [] });
  await expectHosts([]);
  await house.api("PATCH", `/servers/${era}`, { uiHosts: ["*.example.com", "evil.example"] });
  await expectHosts(["evil.example"]);
});
