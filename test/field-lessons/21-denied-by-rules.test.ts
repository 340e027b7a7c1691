/**
 * Field lesson 21, of rules: what they keep from somebody whoever they are is not there for them, by no way in; what they
 * keep from where somebody is, is not listed there, and refused by its name without a word of what it is.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCastellan } from "../../apps/server/src/cli/testing/command.ts";
import { exchange } from "../fidelity/wire.ts";
import { startLivelyModern } from "../fixtures/lively/modern.ts";
import type { Caller, Door } from "../harness/callers/caller.ts";
import type { Loose } from "../harness/callers/inbox.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { openCaller } from "../harness/cells.ts";
import { toRegistration } from "../harness/registration.ts";
import { everythingTold, openAt, openListening, outcomes, waysTo, type Kind } from "../reviews/scene.ts";
import { codeOf, first } from "./rules-callers.ts";
import {
  callers,
  elsewhere,
  openRulesScene,
  secret,
  words,
  type CallerKind,
  type RulesScene,
} from "./rules-scene.ts";

const opened = new AsyncDisposableStack();
let scene: RulesScene;

beforeAll(async () => {
  scene = opened.use(await openRulesScene());
});
afterAll(() => opened.disposeAsync());

const eras = ["legacy", "modern"] as const;
const cells = callers.flatMap((who) => eras.map((era) => [who, era] as const));
const portal = `${secret}-portal`;
const server = `${secret}-server`;
const secrets = new RegExp(`${secret}|${words}`);

/** The way of each to the portal that rules keep from them. */
function thereOf(who: CallerKind): Door {
  const door = elsewhere(scene.doors[who], { portal });
  return who === "person" ? { ...door, token: scene.personThere } : door;
}

/** As the portal calls what rules keep from people, and what nobody ever made. */
const denied: readonly (readonly [kind: Kind, name: string, never: string])[] = [
  ["tool", `shared_${secret}`, "shared_never"],
  ["tool", `${server}_${secret}-one`, "never-was_one"],
  ["prompt", `${server}_${secret}-one`, "never-was_one"],
  ["resource", `doc://${secret}-one`, "doc://never-was"],
  ["resource_template", `${secret}-one://{n}`, "never-was://{n}"],
];

/** All that is answered, but for what is different each time. */
const alike = (text: string, name: string) =>
  text.replaceAll(name, "NAME").replaceAll(/req_\w+|"id":\d+,?/g, "");

async function answers(caller: Caller, door: Door, kind: Kind, name: string): Promise<string[]> {
  const searching = await openAt(caller.era, door, "optimize_context=search_and_execute");
  const said = await Promise.all(
    waysTo(kind, name).map(async ({ method, params, isExecuted }) => {
      const { status, text } = await (isExecuted ? searching : caller).request(method, params);
      return `${status} ${alike(text, name.replace("{n}", "1"))}`;
    }),
  );
  return said.map((one) => alike(one, name));
}

const reached = () =>
  Object.values(scene.servers).flatMap(({ recording }) =>
    recording.requests.filter(
      ({ method, body }) =>
        /^(tools\/call|prompts\/get|resources\/|completion)/.test(method ?? "") && body.includes(secret),
    ),
  );

async function api(path: string, token: string) {
  const { status, text } = await exchange(`${scene.house.url}${path}`, {
    method: "GET",
    headers: token === "" ? {} : { authorization: `Bearer ${token}` },
  });
  return { status, text };
}

describe("whom rules keep out by who they are", () => {
  beforeAll(() => scene.block(Object.values(scene.selectors)));
  afterAll(() => scene.unblock());

  test.each(cells)("%s, %s: on no list, in no search, in no greeting", async (who, era) => {
    await using caller = await openCaller(era, scene.doors[who]);
    const told = await everythingTold(caller, scene.doors[who]);
    expect(told).toContain('"shared_seen"');
    expect(told).not.toMatch(secrets);
    await using other = await openCaller(era, scene.bystander);
    const whole = await everythingTold(other, scene.bystander);
    for (const [, name] of denied) expect(whole).toContain(`"${name}"`);
    expect(whole).toContain(`${words} instructions`);
  });

  test.each(cells)("%s, %s: behind no door, and as what never was", async (who, era) => {
    const door = scene.doors[who];
    await using caller = await openCaller(era, door);
    for (const [kind, name, never] of denied) {
      expect([name, await answers(caller, door, kind, name)]).toEqual([
        name,
        await answers(caller, door, kind, never),
      ]);
    }
    expect(reached()).toEqual([]);
    for (const slug of [server, "never-was"]) {
      const { status, text } = await first(era, elsewhere(door, { query: `servers=${slug}` }));
      expect([status, alike(text, slug)]).toEqual([400, expect.stringMatching(/"invalid_input"/)]);
      expect(text.replaceAll(slug, "")).not.toContain(secret);
    }
  });

  test.each(cells)("%s, %s: another portal, by its path and its host", async (who, era) => {
    const door = thereOf(who);
    const host = `${secret}.example.com`;
    const byHost = { ...door, url: `${scene.house.url}/mcp` };
    for (const [at, asked, headers] of [
      [door, portal, {}],
      [byHost, host, { host }],
    ] as const) {
      const { status, text } = await first(era, at, headers);
      expect([status, codeOf(text)]).toEqual([404, "portal_unknown"]);
      // It says what it was asked for, and no other name of it.
      expect(text.replaceAll(asked, "")).not.toMatch(secrets);
      expect((await first(era, { ...at, token: scene.bystander.token }, headers)).status).toBe(200);
    }
  });

  test.each(eras)("%s: the portal is as one that never was", async (era) => {
    const [there, never] = await Promise.all(
      [portal, "never-was"].map(async (slug) => {
        const { status, text } = await first(era, elsewhere(scene.doors.program, { portal: slug }));
        return [status, alike(text, slug)];
      }),
    );
    expect(there).toEqual(never);
  });

  test.each(eras)("%s: no stream tells of it, nor of what becomes of it", async (era) => {
    const heard = await Promise.all(
      [scene.bystander, ...callers.map((who) => scene.doors[who])].map((door) => openListening(era, door)),
    );
    const [bystander, ...others] = heard as [Caller, ...Caller[]];
    await scene.restock("hush", `anew in ${era}`);
    for (const list of ["tools", "prompts", "resources"])
      await bystander.inbox.when(`notifications/${list}/list_changed`);
    await scene.restock("shared", `anew in ${era}`);
    for (const { inbox } of others) {
      await inbox.when("notifications/tools/list_changed");
      expect(inbox.of("notifications/tools/list_changed").length).toBe(1);
      expect(inbox.all.map(({ text }) => text).join()).not.toMatch(secrets);
    }
    for (const one of heard) await one[Symbol.asyncDispose]();
  });

  test.each(callers)("%s: nobody follows a resource of it", async (who) => {
    const uris = [`doc://${secret}-one`, `${secret}-one://1`];
    await using legacy = await openCaller("legacy", scene.doors[who]);
    for (const uri of uris)
      for (const method of ["resources/subscribe", "resources/unsubscribe"]) {
        const { text } = await legacy.request(method, { uri });
        const never = await legacy.request(method, { uri: "doc://never-was" });
        expect([method, alike(text, uri)]).toEqual([method, alike(never.text, "doc://never-was")]);
      }
    await using modern = new ModernCaller(scene.doors[who]);
    await modern.listen({ resourceSubscriptions: [...uris, "doc://seen"] });
    const { message } = await modern.inbox.when("notifications/subscriptions/acknowledged");
    expect(message["params"].notifications).toEqual({ resourceSubscriptions: ["doc://seen"] });
    expect(reached()).toEqual([]);
  });

  test("the registry tells each of what is left to them", async () => {
    for (const who of ["person", "program"] as const) {
      const { token } = scene.doors[who];
      const all = await api("/v0.1/servers", token);
      expect([who, all.status]).toEqual([who, 200]);
      expect(all.text).toContain("shared");
      expect(all.text).not.toMatch(secrets);
      expect(await api(`/v0.1/servers?search=${secret}`, token)).toMatchObject({
        text: expect.stringContaining('"servers":[]') as unknown,
      });
      const named = JSON.parse((await api("/v0.1/servers", scene.bystander.token)).text).servers as Loose[];
      for (const { server: one } of named.filter(({ server: { name } }) => name.includes(secret)))
        expect((await api(`/v0.1/servers/${encodeURIComponent(one.name)}/versions`, token)).status).toBe(404);
    }
    // Whoever has no token may have one: it tells them what an admin lists, and they look no further.
    expect((await api("/v0.1/servers", "")).text).not.toContain(portal);
  });

  test("nor does the catalog, whoever asks it", async () => {
    for (const who of ["person", "program"] as const) {
      const { status, text } = await api("/api/v1/catalog", scene.apiTokens[who]);
      expect([who, status, JSON.parse(text).items]).toMatchObject([
        who,
        200,
        [{ slug: "shared", portals: [{ slug: "main", counts: { tools: 1 } }] }],
      ]);
      expect(text).not.toMatch(secrets);
      const asked = [portal, "never-was"].map((slug) =>
        api(`/api/v1/catalog?portal=${slug}`, scene.apiTokens[who]),
      );
      const [there, never] = await Promise.all(asked);
      expect(there).toEqual(never);
    }
    const env = { CASTELLAN_URL: scene.house.url, CASTELLAN_TOKEN: scene.apiTokens.person };
    const { code, stdout, stderr } = await runCastellan(["catalog"], { env });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("shared");
    expect(stdout).not.toMatch(secrets);
  });
});

test.each(cells)("%s, %s: a session opened before the rule sees what it did no more", async (who, era) => {
  const door = scene.doors[who];
  await using caller = await openListening(era, door);
  await using there = await openListening(era, thereOf(who));
  expect(await everythingTold(caller, door)).toContain(`"shared_${secret}"`);
  await scene.block([scene.selectors[who]]);
  try {
    await caller.inbox.when("notifications/tools/list_changed");
    const lists = ["tools", "prompts", "resources", "resources/templates"];
    for (const list of lists) expect((await caller.request(`${list}/list`)).text).not.toMatch(secrets);
    for (const [kind, name, never] of denied)
      expect(await answers(caller, door, kind, name)).toEqual(await answers(caller, door, kind, never));
    const { status, text } = await there.request("tools/list");
    expect([status, codeOf(text)]).toEqual([404, "portal_unknown"]);
  } finally {
    await scene.unblock();
  }
});

describe("whom rules keep out from where they are", () => {
  // Everybody in this test comes from there.
  beforeAll(() => scene.block([{ ip: "127.0.0.0/8" }]));
  afterAll(() => scene.unblock());

  test.each(cells)("%s, %s: on no list, and refused without a word of what it is", async (who, era) => {
    const door = scene.doors[who];
    await using caller = await openCaller(era, door);
    const told = await everythingTold(caller, door);
    expect(told).toContain('"shared_seen"');
    expect(told).not.toMatch(secrets);
    for (const [kind, name] of denied) {
      const codes = await outcomes(caller, door, kind, name);
      expect([kind, name, new Set(codes)]).toEqual([kind, name, new Set(["policy_denied"])]);
      for (const text of await answers(caller, door, kind, name)) expect(text).not.toContain(words);
    }
    expect(reached()).toEqual([]);
    const { status, text } = await first(era, thereOf(who));
    expect([status, codeOf(text)]).toEqual([403, "policy_denied"]);
    expect(text).toContain('"no-portal"');
    expect(text).not.toMatch(new RegExp(`${words}|shared`));
  });

  test("neither catalog nor registry shows it from there", async () => {
    for (const path of ["/api/v1/catalog", "/v0.1/servers"]) {
      const { status, text } = await api(path, scene.apiTokens.program);
      expect([path, status]).toEqual([path, 200]);
      expect(text).toContain("shared");
      expect(text).not.toMatch(secrets);
    }
  });
});

test("a task that was begun before the rule is none of theirs any more, and still its server's", async () => {
  await using lively = await startLivelyModern();
  await scene.house.api("POST", "/servers", toRegistration("lively", lively.url));
  await scene.house.api("PATCH", "/portals/main", { servers: ["shared", server, "lively"] });
  await using caller = new ModernCaller(scene.doors.program);
  const { message } = await caller.request("tools/call", { name: "lively_work" });
  const { taskId } = message.result as { taskId: string };
  const codes = async () => {
    const asked = ["tasks/get", "tasks/cancel"].map((method) => caller.request(method, { taskId }));
    return (await Promise.all(asked)).map((reply) => reply.message.error?.data.code ?? "ok");
  };
  const at = { servers: ["lively"] };
  const rule = { name: "no-lively", action: "block", at };
  await scene.house.api("POST", "/policies", { ...rule, include: [scene.selectors.program] });
  expect(await codes()).toEqual(["task_unknown", "task_unknown"]);
  await scene.house.api("PATCH", "/policies/no-lively", { include: [{ ip: "127.0.0.0/8" }] });
  expect(await codes()).toEqual(["policy_denied", "policy_denied"]);
  await scene.house.api("DELETE", "/policies/no-lively");
  expect(await codes()).toEqual(["ok", "ok"]);
});
