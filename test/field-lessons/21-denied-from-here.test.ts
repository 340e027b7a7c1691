/**
 * Field lesson 21, of rules: what they keep from where somebody is, is not listed there, and refused by its name without a
 * word of what it is; and whoever was there before a rule has no more than who comes after it.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startLivelyModern } from "../fixtures/lively/modern.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { openCaller } from "../harness/cells.ts";
import { toRegistration } from "../harness/registration.ts";
import { everythingTold, openListening, outcomes } from "../reviews/scene.ts";
import {
  answers,
  cells,
  codeOf,
  counted,
  denied,
  first,
  ofShared,
  secrets,
  server,
  unknownTo,
} from "./rules-callers.ts";
import { openRulesScene, secret, words, type RulesScene } from "./rules-scene.ts";

const opened = new AsyncDisposableStack();
let scene: RulesScene;

beforeAll(async () => {
  scene = opened.use(await openRulesScene());
});
afterAll(() => opened.disposeAsync());

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
    expect(await counted(caller)).toMatchObject([ofShared]);
    for (const [kind, name] of denied) {
      const codes = await outcomes(caller, door, kind, name);
      expect([kind, name, new Set(codes)]).toEqual([kind, name, new Set(["policy_denied"])]);
      for (const text of await answers(caller, door, kind, name)) expect(text).not.toContain(words);
    }
    expect(scene.reached()).toEqual([]);
    const { status, text } = await first(era, scene.there(who));
    expect([status, codeOf(text)]).toEqual([403, "policy_denied"]);
    expect(text).toContain('"no-portal"');
    expect(text).not.toMatch(new RegExp(`${words}|shared`));
  });

  test("neither catalog nor registry shows it from there", async () => {
    for (const path of ["/api/v1/catalog", "/v0.1/servers"]) {
      const { status, text } = await scene.get(path, scene.apiTokens.program);
      expect([path, status]).toEqual([path, 200]);
      expect(text).toContain("shared");
      expect(text).not.toMatch(secrets);
    }
  });
});

test.each(cells)("%s, %s: a session opened before the rule sees what it did no more", async (who, era) => {
  const door = scene.doors[who];
  await using caller = await openListening(era, door);
  await using there = await openListening(era, scene.there(who));
  expect(await everythingTold(caller, door)).toContain(`"shared_${secret}"`);
  await scene.block([scene.selectors[who]]);
  try {
    await caller.inbox.when("notifications/tools/list_changed");
    const lists = ["tools", "prompts", "resources", "resources/templates"];
    for (const list of lists) expect((await caller.request(`${list}/list`)).text).not.toMatch(secrets);
    for (const [kind, name, never] of denied)
      expect(await answers(caller, door, kind, name)).toEqual(await answers(caller, door, kind, never));
    const { status, text } = await there.request("tools/list");
    expect([status, codeOf(text)]).toEqual(unknownTo(who));
  } finally {
    await scene.unblock();
  }
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
