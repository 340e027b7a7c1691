/** Rates and places on the wire, for callers of both eras, over replicas, and on record. */
import { expect, test } from "vitest";
import { cells } from "../harness/cells.ts";
import { openLegacyCaller } from "../harness/callers/legacy.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { openPortals } from "../portal/open-portals.ts";
import { callTool, openLimited, told } from "./scene.ts";

test.each(cells)(
  "$cell: a tool's rate is refused with 429 and when to come back; all else goes on",
  async (cell) => {
    const limits = { callsPerMinute: 5, tools: { show: { callsPerMinute: 2 } } };
    await using scene = await openLimited(cell, { limits });
    await using caller = (await scene.caller()) as ModernCaller;
    for (let n = 0; n < 2; n++) expect(told(await callTool(caller, "show"))).toEqual([200, "ok"]);
    const { exchange, answer } = await caller.call("tools/call", { name: "show", arguments: {} });
    const { message } = await answer;
    expect([exchange.status, message.error]).toEqual([
      429,
      {
        code: -32000,
        message: expect.stringMatching(
          /^Tool "show" of server "lively" takes 2 calls a minute from all callers together: /,
        ),
        data: {
          limit: "tool",
          isPerPerson: false,
          callsPerMinute: 2,
          retryAfterMs: expect.any(Number),
          code: "rate_limited",
          requestId: expect.any(String),
          retryable: true,
        },
      },
    ]);
    const retryAfterMs = Number(message.error?.data.retryAfterMs);
    expect(exchange.headers["retry-after"]).toBe(String(Math.ceil(retryAfterMs / 1000)));
    expect(retryAfterMs).toBeGreaterThan(55_000);
    // What the tool refused took nothing of the server's rate, and what the portal knows itself counts nowhere.
    for (let n = 0; n < 3; n++) expect(told(await callTool(caller, "odd"))).toEqual([200, "ok"]);
    expect(told(await caller.request("tools/list"))).toEqual([200, "ok"]);
    expect(told(await callTool(caller, "portal_list_servers"))).toEqual([200, "ok"]);
    expect(told(await callTool(caller, "odd"))).toEqual([429, "rate_limited", "server"]);
    const refused = (await scene.portals.records()).filter(({ outcome }) => outcome === "refused");
    expect(refused.map(({ stage, code, server, target }) => [stage, code, server, target])).toEqual([
      ["limit", "rate_limited", "lively", "show"],
      ["limit", "rate_limited", "lively", "odd"],
    ]);
    expect([scene.portals.errors, scene.portals.faults]).toEqual([[], []]);
  },
);

test("a person's rate holds over replicas and servers, and is each person's own", async () => {
  const cell = { caller: "modern", server: "modern" } as const;
  await using scene = await openLimited(cell, { perPerson: { callsPerMinute: 6 } });
  await using beside = await openPortals({ beside: scene.portals, perPerson: { callsPerMinute: 6 } });
  const doors = [
    scene.door,
    { ...scene.door, url: scene.door.url.replace(/:\d+/, `:${beside.server.port}`) },
  ];
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, n) => callTool(new ModernCaller(doors[n % 2] ?? scene.door), "show")),
  );
  const statuses = replies.map(({ status }) => status).toSorted();
  expect(statuses).toEqual([...Array(6).fill(200), ...Array(14).fill(429)]);
  const other = { ...scene.door, token: await scene.portals.token("p") };
  await scene.portals.flush();
  expect(told(await callTool(new ModernCaller(other), "show"))).toEqual([200, "ok"]);
  expect(told(await callTool(await openLegacyCaller(scene.door), "show"))).toEqual([
    429,
    "rate_limited",
    "person",
  ]);
});
