/** Field lesson 21, of rules: what they keep from somebody whoever they are is not there for them, by no way in. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCastellan } from "../../apps/server/src/cli/testing/command.ts";
import type { Caller } from "../harness/callers/caller.ts";
import type { Loose } from "../harness/callers/inbox.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { openCaller } from "../harness/cells.ts";
import { everythingTold, openListening } from "../reviews/scene.ts";
import {
  alike,
  answers,
  cells,
  codeOf,
  counted,
  denied,
  eras,
  first,
  ofShared,
  portal,
  secrets,
  server,
  unknownTo,
} from "./rules-callers.ts";
import { callers, elsewhere, openRulesScene, secret, words, type RulesScene } from "./rules-scene.ts";

const opened = new AsyncDisposableStack();
let scene: RulesScene;

beforeAll(async () => {
  scene = opened.use(await openRulesScene());
});
afterAll(() => opened.disposeAsync());

describe("whom rules keep out by who they are", () => {
  beforeAll(() => scene.block(Object.values(scene.selectors)));
  afterAll(() => scene.unblock());

  test.each(cells)("%s, %s: on no list, in no search, in no greeting", async (who, era) => {
    await using caller = await openCaller(era, scene.doors[who]);
    const told = await everythingTold(caller, scene.doors[who]);
    expect(told).toContain('"shared_seen"');
    expect(told).not.toMatch(secrets);
    expect(await counted(caller)).toMatchObject([ofShared]);
    await using other = await openCaller(era, scene.bystander);
    const whole = await everythingTold(other, scene.bystander);
    for (const [, name] of denied.filter(([, one]) => !one.startsWith("gw+")))
      expect(whole).toContain(`"${name}"`);
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
    expect(scene.reached()).toEqual([]);
    for (const slug of [server, "never-was"]) {
      const { status, text } = await first(era, elsewhere(door, { query: `servers=${slug}` }));
      expect([status, alike(text, slug)]).toEqual([400, expect.stringMatching(/"invalid_input"/)]);
      expect(text.replaceAll(slug, "")).not.toContain(secret);
    }
  });

  test.each(cells)("%s, %s: another portal, by its path and its host", async (who, era) => {
    const door = scene.there(who);
    const host = `${secret}.example.com`;
    const byHost = { ...door, url: `${scene.house.url}/mcp` };
    for (const [at, asked, headers] of [
      [door, portal, {}],
      [byHost, host, { host }],
    ] as const) {
      const { status, text, headers: told } = await first(era, at, headers);
      expect([status, codeOf(text)]).toEqual(unknownTo(who));
      expect(told["www-authenticate"]?.includes("resource_metadata=") ?? false).toBe(who === "public");
      // It says what it was asked for, and no other name of it.
      expect(text.replaceAll(asked, "")).not.toMatch(secrets);
      expect((await first(era, { ...at, token: scene.bystander.token }, headers)).status).toBe(200);
    }
  });

  test.each(eras)("%s: the portal is as one that never was", async (era) => {
    // A person's token is good at one portal.
    for (const who of ["program", "public"] as const) {
      const [there, never] = await Promise.all(
        [portal, "never-was"].map(async (slug) => {
          const door = elsewhere(scene.doors[who], { portal: slug });
          const { status, text } = await first(era, door);
          return [status, alike(text, slug)];
        }),
      );
      expect(there).toEqual(never);
    }
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

  test("nobody is told that a server of it fails", async () => {
    const { hush } = scene.servers;
    hush.broken = { "tools/list": { status: 500, body: words }, initialize: { status: 500, body: words } };
    await scene.restock("hush", "no more");
    const own = { name: "portal_list_servers" };
    for (const era of eras) {
      const [known, ...others] = await Promise.all(
        [scene.bystander, ...callers.map((who) => scene.doors[who])].map(async (door) => {
          await using caller = await openCaller(era, door);
          return (await caller.request("tools/call", own)).text + (await everythingTold(caller, door));
        }),
      );
      expect(known).toContain('"status":"stale"');
      for (const told of others) {
        expect(told).not.toMatch(secrets);
        expect(told).not.toContain('"status":"stale"');
      }
    }
    hush.broken = {};
    await scene.restock("hush", "again");
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
    expect(scene.reached()).toEqual([]);
  });

  test("the registry tells each of what is left to them", async () => {
    for (const who of ["person", "program"] as const) {
      const { token } = scene.doors[who];
      const all = await scene.get("/v0.1/servers", token);
      expect([who, all.status]).toEqual([who, 200]);
      expect(all.text).toContain("shared");
      expect(all.text).not.toMatch(secrets);
      expect(await scene.get(`/v0.1/servers?search=${secret}`, token)).toMatchObject({
        text: expect.stringContaining('"servers":[]') as unknown,
      });
      const named = JSON.parse((await scene.get("/v0.1/servers", scene.bystander.token)).text)
        .servers as Loose[];
      for (const { server: one } of named.filter(({ server: { name } }) => name.includes(secret)))
        expect(
          (await scene.get(`/v0.1/servers/${encodeURIComponent(one.name)}/versions`, token)).status,
        ).toBe(404);
    }
    // Whoever has no token may have one: it tells them what an admin lists, and they look no further.
    expect((await scene.get("/v0.1/servers", "")).text).not.toContain(portal);
  });

  test("nor does the catalog, whoever asks it", async () => {
    for (const who of ["person", "program"] as const) {
      const { status, text } = await scene.get("/api/v1/catalog", scene.apiTokens[who]);
      expect([who, status, JSON.parse(text).items]).toMatchObject([
        who,
        200,
        [{ slug: "shared", portals: [{ slug: "main", counts: { tools: 1 } }] }],
      ]);
      expect(text).not.toMatch(secrets);
      const asked = [portal, "never-was"].map((slug) =>
        scene.get(`/api/v1/catalog?portal=${slug}`, scene.apiTokens[who]),
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
