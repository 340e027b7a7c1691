/** Where a setting takes the place of a person: what changes is offered at once, by this server or in this portal only. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Caller, Door } from "../harness/callers/caller.ts";
import { helloOf, openListening, openScene, outcomes, told, type Scene } from "./scene.ts";

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene[Symbol.asyncDispose]());

const tool = (description: string) => ({ name: "t", description, inputSchema: { type: "object" } });
const stock = (said: string) => ({ tools: [tool(said)], instructions: said });

let made = 0;

describe.each(["legacy", "modern"] as const)("%s", (era) => {
  async function sees(caller: Caller, door: Door, publicName: string) {
    const { text } = await caller.request("tools/list");
    const [, description] = /"description":"(first|second|third)"/.exec(text) ?? [];
    return [description, ...(await outcomes(caller, door, "tool", publicName))];
  }

  async function reviewOf(slug: string) {
    const { items } = await scene.admin.listDefinitions({ params: { slug } });
    return items.map(({ kind, review, decidedBy }) => [kind, review, decidedBy]);
  }

  test("a server's autoAccept holds for the kinds that it names, in every portal", async () => {
    const slug = `s${++made}`;
    const server = await scene.addServer(slug, era, stock("first"), { autoAccept: ["tool"] });
    const door = await scene.addPortal(slug, [slug]);
    await using caller = await openListening(era, door);
    expect(await sees(caller, door, `${slug}_t`)).toEqual(["first", "ok", "ok"]);
    await told(caller, "tools", () => scene.restock(slug, server, stock("second")));
    expect(await sees(caller, door, `${slug}_t`)).toEqual(["second", "ok", "ok"]);
    expect((await helloOf(era, door)).message.result?.instructions).toBeUndefined();
    expect(await reviewOf(slug)).toEqual([
      ["instructions", "new", undefined],
      ["tool", "accepted", "auto-accept"],
    ]);
    // Taken back: what is there stays, what comes waits.
    await scene.admin.changeServer({ params: { slug }, body: { autoAccept: [] } });
    expect(await sees(caller, door, `${slug}_t`)).toEqual(["second", "ok", "ok"]);
    await told(caller, "tools", () => scene.restock(slug, server, stock("third")));
    expect(await sees(caller, door, `${slug}_t`)).toEqual([undefined, "tool_unknown", "tool_unknown"]);
    // And given again: what waits is accepted with it.
    const give = () => scene.admin.changeServer({ params: { slug }, body: { autoAccept: ["tool"] } });
    await told(caller, "tools", give);
    expect(await sees(caller, door, `${slug}_t`)).toEqual(["third", "ok", "ok"]);
  });

  test("a portal's autoAccept holds there and nowhere else, and not for what was rejected", async () => {
    const slug = `s${++made}`;
    const server = await scene.addServer(slug, era, stock("first"));
    const strict = await scene.addPortal(`${slug}-strict`, [slug]);
    const open = await scene.addPortal(`${slug}-open`, [slug], { autoAccept: ["tool", "instructions"] });
    await using inStrict = await openListening(era, strict);
    await using inOpen = await openListening(era, open);
    const inBoth = async () => [
      (await sees(inStrict, strict, `${slug}_t`))[0],
      (await sees(inOpen, open, `${slug}_t`))[0],
    ];
    expect(await inBoth()).toEqual([undefined, "first"]);
    await told(inStrict, "tools", () => scene.approveAll(slug));
    expect(await inBoth()).toEqual(["first", "first"]);
    await told(inOpen, "tools", () => scene.restock(slug, server, stock("second")));
    expect(await inBoth()).toEqual([undefined, "second"]);
    expect(await outcomes(inOpen, open, "tool", `${slug}_t`)).toEqual(["ok", "ok"]);
    expect((await helloOf(era, open)).message.result?.instructions).toBe("second");
    expect((await helloOf(era, strict)).message.result?.instructions).toBeUndefined();
    expect(await reviewOf(slug)).toEqual([
      ["instructions", "changed", undefined],
      ["tool", "changed", undefined],
    ]);
    await told(inOpen, "tools", async () => {
      const { fingerprint } = await scene.admin.listDefinitions({ params: { slug } });
      await scene.admin.rejectDefinitions({ params: { slug }, body: { all: true, fingerprint } });
    });
    expect(await sees(inOpen, open, `${slug}_t`)).toEqual([undefined, "tool_unknown", "tool_unknown"]);
    expect((await helloOf(era, open)).message.result?.instructions).toBeUndefined();
  });
});
