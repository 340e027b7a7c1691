/** Field lesson 9: a session is found on whatever replica gets the next message. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLegacyCaller } from "../harness/callers/legacy.ts";
import { openGround, type Ground } from "../replicas/ground.ts";
import { kinds, openV1, said } from "./sdk.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground?.[Symbol.asyncDispose]());

const rounds = 8;

describe.each(kinds)("$kind", ({ era, open }) => {
  test.each(["legacy", "modern"] as const)(
    "%s server: every request of a client is answered, though the next replica gets the next one",
    async (to) => {
      const { relay } = ground.house;
      const name = (own: string) => ground.name(to, own);
      ground.legacy.recording.clear();
      const before = relay.deliveries.length;
      await using client = await open(ground.portals[to]);
      for (let n = 0; n < rounds; n++) {
        const { tools } = await client.listTools();
        expect(tools.map((tool: { name: string }) => tool.name)).toContain(name("ask_twice"));
        const asked = await client.callTool({ name: name("ask_twice"), arguments: {} });
        expect(asked.structuredContent).toEqual({ answers: { who: said.form, age: said.form } });
        const read = await client.readResource({ uri: `test://item/${n}` });
        expect(read.contents).toMatchObject([{ text: String(n) }]);
        const got = await client.getPrompt({ name: name("greet"), arguments: { name: "Ada" } });
        expect(got.messages.length).toBe(1);
      }
      const posts = relay.deliveries.slice(before).filter(({ httpMethod }) => httpMethod === "POST");
      const statuses = await Promise.all(posts.map(({ status }) => status));
      expect([...new Set(statuses)].toSorted()).toEqual(era === "legacy" ? [200, 202] : [200]);
      const shares = [0, 1].map((replica) => posts.filter((post) => post.replica === replica).length);
      expect(Math.abs((shares[0] ?? 0) - (shares[1] ?? 0))).toBeLessThanOrEqual(1);
      // At a legacy server one session serves both replicas; a modern caller's calls have a line of each replica's own.
      const opened = ground.legacy.recording.of(
        ({ method, body }) => method === "initialize" && body.includes('"name":"sdk"'),
      );
      expect(opened.length).toBe(to === "modern" ? 0 : era === "legacy" ? 1 : 2);
    },
  );
});

test("a session that one replica has just begun is known to the other at once", async () => {
  const sessions = await Promise.all(
    Array.from({ length: 30 }, async (_, n) => {
      // Throws when `notifications/initialized`, which the other replica gets, is not taken.
      const caller = await openLegacyCaller(ground.portals.legacy, { name: `caller-${n}` });
      const replies = [
        await caller.request("ping"),
        await caller.request("tools/call", { name: ground.name("legacy", "show") }),
        await caller.request("tools/list"),
      ];
      return replies.map(({ status, message }) => [status, message.error]);
    }),
  );
  expect(sessions).toEqual(sessions.map(() => Array.from({ length: 3 }, () => [200, undefined])));
});

test("a session that nobody knows is told so by each replica (2025-11-25, session management)", async () => {
  const caller = await openLegacyCaller(ground.portals.legacy);
  expect(await caller.end()).toBe(204);
  for (const replica of [0, 1]) {
    ground.house.relay.aim = () => replica;
    expect((await caller.request("ping")).status).toBe(404);
  }
  ground.house.relay.aim = undefined;
});

describe("the replica that began it is killed", () => {
  test("its clients go on with the other one, in their sessions", async () => {
    const { relay } = ground.house;
    relay.aim = () => 0;
    await using old = await openV1(ground.portals.legacy);
    await using young = await openV1(ground.portals.modern);
    const call = async (client: typeof old, to: "legacy" | "modern") =>
      (await client.callTool({ name: ground.name(to, "ask"), arguments: {} })).structuredContent;
    const answered = { answers: { who: said.form } };
    expect([await call(old, "legacy"), await call(young, "modern")]).toEqual([answered, answered]);
    const sessionOf = ({ client }: typeof old) => client.transport?.sessionId;
    const before = [sessionOf(old), sessionOf(young)];
    relay.aim = undefined;
    await ground.house.kill(0);
    expect([await call(old, "legacy"), await call(young, "modern")]).toEqual([answered, answered]);
    expect([sessionOf(old), sessionOf(young)]).toEqual(before);
    expect(relay.of("initialize").filter(({ replica }) => replica === 1).length).toBeGreaterThan(0);
  });
});
