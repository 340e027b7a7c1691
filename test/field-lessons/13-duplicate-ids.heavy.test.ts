/** Field lesson 13, on two replicas: an id that the other one has in use hangs nobody either. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLegacy, parsed, rpc } from "../portal/client.ts";
import { openGround, type Ground } from "../replicas/ground.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground?.[Symbol.asyncDispose]());

describe.each(["legacy", "modern"] as const)("%s server", (to) => {
  test("the same id at both replicas: each request ends, one of them at least with its answer", async () => {
    const client = await openLegacy(ground.portals[to]);
    const params = (steps: number) => ({
      name: ground.name(to, "slow"),
      arguments: { steps },
      _meta: { progressToken: steps },
    });
    const before = ground.house.relay.deliveries.length;
    const first = await client.send(rpc(6, "tools/call", params(20)));
    const second = await client.send(rpc(6, "tools/call", params(10)));
    const replicas = ground.house.relay.deliveries.slice(before).map(({ replica }) => replica);
    expect(new Set(replicas).size).toBe(2);
    const ends = await Promise.all([first, second].map(async ({ all }) => parsed((await all).at(-1))));
    expect(ends.map(({ id }) => id as unknown)).toEqual([6, 6]);
    expect(ends[0]?.["result"]).toMatchObject({ content: [{ text: "done" }] });
    const { result, error } = ends[1] ?? {};
    expect(["done", "request_id_in_use"]).toContain(result?.content[0].text ?? error?.data.code);
    // The session is none the worse for it.
    const after = await client.call("tools/call", { name: ground.name(to, "show") });
    expect(parsed(after)["result"].content).toEqual([{ type: "text", text: "shown" }]);
  });
});
