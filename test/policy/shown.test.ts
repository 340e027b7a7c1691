/** What rules keep from somebody: what they never get is not there, what they do not get from here is refused with the reason. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openLegacy, parsed, rpc, say, sayModern } from "../portal/client.ts";
import { openScene, outcome, rule, type Scene } from "./scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
beforeEach(() => {
  scene.house.setRules();
  scene.house.connection = { address: "192.0.2.1", country: "DE", certificate: undefined, postures: {} };
  for (const calls of Object.values(scene.called)) calls.length = 0;
});
afterAll(async () => {
  const { faults, errors } = scene.house;
  await scene[Symbol.asyncDispose]();
  expect([faults, errors]).toEqual([[], []]);
});

const toAnn = { include: [{ email: "ann@example.com" }] };
const abroad = { include: [{ country: "FR" }] };
const goAbroad = () => {
  scene.house.connection = { ...scene.house.connection, country: "FR" };
};

async function toolNames(): Promise<string[]> {
  const [answer] = await (await sayModern(scene.door, "tools/list")).all;
  return (parsed(answer)["result"].tools as { name: string }[]).map(({ name }) => name);
}
const call = async (name: string) =>
  outcome(await sayModern(scene.door, "tools/call", { name, arguments: { n: 1 } }));
const all = ["legacy_look", "legacy_put", "legacy_drop", "modern_look", "modern_put", "modern_drop"];
const own = "portal_list_servers";
const ofPeople = [own, "portal_toggle_servers", "portal_toggle_single_server"];

test("without rules everything is as access rules have it", async () => {
  expect(await toolNames()).toEqual([...all, ...ofPeople]);
  expect(await call("modern_drop")).toEqual([200, "complete"]);
});

test("what somebody never gets, they do not know of: lists, calls, own tools, the address", async () => {
  scene.house.setRules(rule("not-ann", { at: { servers: ["modern"] }, ...toAnn }));
  expect(await toolNames()).toEqual([...all.slice(0, 3), ...ofPeople]);
  expect(await call("modern_look")).toEqual([200, "tool_unknown"]);
  const listed = await sayModern(scene.door, "tools/call", { name: own, arguments: {} });
  const { servers } = parsed((await listed.all)[0])["result"].structuredContent;
  expect(servers.map(({ slug }: { slug: string }) => slug)).toEqual(["legacy"]);
  const narrowed = { ...scene.door, url: `${scene.door.url}?servers=modern` };
  expect(await outcome(await sayModern(narrowed, "tools/list"))).toEqual([400, "invalid_input"]);
  expect(scene.called.modern).toEqual([]);
});

test("what they do not get from here is not listed, and refused with the reason", async () => {
  scene.house.setRules(rule("home-only", { at: { servers: ["modern"] }, ...abroad }));
  expect(await toolNames()).toEqual([...all, ...ofPeople]);
  goAbroad();
  expect(await toolNames()).toEqual([...all.slice(0, 3), ...ofPeople]);
  const refused = await sayModern(scene.door, "tools/call", { name: "modern_look" });
  expect(parsed((await refused.all)[0])["error"]).toMatchObject({
    message: 'Refused by policy: rule home-only blocks tools/call of "modern_look"',
    data: { code: "policy_denied", level: "server", rules: ["home-only"] },
  });
  expect(refused.status).toBe(200);
  const narrowed = { ...scene.door, url: `${scene.door.url}?servers=modern` };
  expect(await outcome(await sayModern(narrowed, "tools/call", { name: "modern_look" }))).toEqual([
    200,
    "policy_denied",
  ]);
});

test("one tool alone may be left of a server", async () => {
  scene.house.setRules(
    rule("others", {
      action: "allow",
      at: { servers: ["modern"], classes: ["read", "write", "destructive"] },
      include: [{ email: "bob@example.com" }],
    }),
    rule("put", { action: "allow", at: { servers: ["modern"], tools: ["put"] }, ...toAnn }),
  );
  expect(await toolNames()).toEqual([...all.slice(0, 3), "modern_put", ...ofPeople]);
  expect(await call("modern_put")).toEqual([200, "complete"]);
  expect(await call("modern_look")).toEqual([200, "tool_unknown"]);
});

test("whom rules keep out of the portal never hears of it, whom they keep out from here hears why", async () => {
  scene.house.setRules(rule("not-ann", { at: { portals: ["main"] }, ...toAnn }));
  const hello = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } };
  const initialize = async () =>
    outcome(await say(scene.door.url, { token: scene.door.token, body: rpc(1, "initialize", hello) }));
  expect([await initialize(), await call("modern_look")]).toEqual([
    [404, "portal_unknown"],
    [404, "portal_unknown"],
  ]);
  scene.house.setRules(rule("home-only", { at: { portals: ["main"] }, ...abroad }));
  const session = await openLegacy(scene.door);
  goAbroad();
  expect([await initialize(), await call("modern_look")]).toEqual([
    [403, "policy_denied"],
    [403, "policy_denied"],
  ]);
  expect((await session.stream()).status).toBe(403);
});

test("rules look at arguments, and what is no object of them fits every block", async () => {
  scene.house.setRules(
    rule("no-large", {
      at: { servers: ["legacy"], tools: ["put"] },
      include: [{ expression: "call.arguments.n > 100" }],
    }),
  );
  const put = async (args: unknown) =>
    outcome(await sayModern(scene.door, "tools/call", { name: "legacy_put", arguments: args }));
  expect(await toolNames()).toContain("legacy_put");
  expect(await put({ n: 1 })).toEqual([200, "complete"]);
  expect(await put({ n: 101 })).toEqual([200, "policy_denied"]);
  expect(await put({})).toEqual([200, "policy_denied"]);
  expect(await put([1])).toEqual([200, "policy_denied"]);
  expect(scene.called.legacy.length).toBe(1);
});

test("resources: neither read nor subscribed to from where they are kept", async () => {
  scene.house.setRules(rule("home-only", { at: { servers: ["legacy"] }, ...abroad }));
  goAbroad();
  const client = await openLegacy(scene.door);
  for (const method of ["resources/read", "resources/subscribe"])
    expect(parsed(await client.call(method, { uri: "legacy://1" }))["error"].data).toMatchObject({
      code: "policy_denied",
      rules: ["home-only"],
    });
  scene.house.setRules(rule("not-ann", { at: { servers: ["legacy"] }, ...toAnn }));
  for (const method of ["resources/read", "resources/subscribe"])
    expect(parsed(await client.call(method, { uri: "legacy://1" }))["error"].data.code).toBe(
      "resource_unknown",
    );
});

test("streams hear of lists that become others, and end with the last way in", async () => {
  const stream = await (await openLegacy(scene.door)).stream();
  const listening = await sayModern(scene.door, "subscriptions/listen", {
    notifications: { toolsListChanged: true, promptsListChanged: true },
  });
  await listening.next();
  // Nothing that is shown is another one by this.
  scene.house.setRules(rule("elsewhere", { at: { portals: ["main"] }, ...abroad }));
  scene.house.setRules(rule("no-drop", { at: { classes: ["destructive"] }, ...toAnn }));
  const heard = async (of: typeof stream) => parsed(await of.next())["method"];
  expect(await heard(stream)).toBe("notifications/tools/list_changed");
  expect(await heard(listening)).toBe("notifications/tools/list_changed");
  scene.house.setRules(rule("not-here", { at: { portals: ["main"] }, include: [{ country: "DE" }] }));
  // Whatever else is told before, both come to an end.
  await stream.all;
  const last = (await listening.all).at(-1);
  expect(parsed(last)["result"].resultType).toBe("complete");
});

test("a call under way ends when a rule comes that does not let it through, and not because time goes by", async () => {
  const begun = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  const { modern } = scene.servers;
  const { script } = modern;
  modern.script = {
    ...script,
    "tools/call": async (_: unknown, { signal }: { signal: AbortSignal }) => {
      begun.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      cancelled.resolve();
      return "{}";
    },
  };
  const soon = new Date(Date.now() + 500);
  scene.house.setRules(rule("until", { action: "allow", at: { servers: ["modern"] }, endsAt: soon }));
  const calling = sayModern(scene.door, "tools/call", { name: "modern_look", arguments: { a: 1 } });
  await begun.promise;
  scene.house.setRules(rule("until", { action: "allow", at: { servers: ["modern"] }, endsAt: soon }));
  scene.house.setRules(
    rule("no-a", {
      at: { servers: ["modern"], tools: ["look"] },
      include: [{ expression: "call.arguments.a == 1" }],
    }),
  );
  expect(await outcome(await calling)).toEqual([200, "access_withdrawn"]);
  await cancelled.promise;
  modern.script = script;
});

test("the record says what rules made of it", async () => {
  scene.house.setRules(
    rule("a-read", { action: "allow", at: { classes: ["read"] } }),
    rule("no-drop", { at: { servers: ["legacy"], tools: ["drop"] }, ...abroad }),
  );
  goAbroad();
  await call("legacy_look");
  await call("legacy_drop");
  await call("legacy_put");
  const records = (await scene.house.records()).slice(-3);
  expect(
    records.map(({ target, name, class: toolClass, clientId, country, policy, code }) => ({
      target,
      name,
      toolClass,
      clientId,
      country,
      policy,
      code,
    })),
  ).toEqual([
    {
      target: "legacy_look",
      name: "look",
      toolClass: "read",
      clientId: "https://client.example/app.json",
      country: "FR",
      policy: { outcome: "allow", rules: ["a-read"] },
      code: undefined,
    },
    {
      target: "legacy_drop",
      name: "drop",
      toolClass: "destructive",
      clientId: "https://client.example/app.json",
      country: "FR",
      policy: { outcome: "deny", rules: ["no-drop"] },
      code: "policy_denied",
    },
    {
      target: "legacy_put",
      name: "put",
      toolClass: "write",
      clientId: "https://client.example/app.json",
      country: "FR",
      policy: undefined,
      code: undefined,
    },
  ]);
});
