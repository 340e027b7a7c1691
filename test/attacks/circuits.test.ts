/** A caller who wants a server to look dead to the others, and a server whose name leads elsewhere one day. */
import { sql } from "@castellan/database";
import { expect, test } from "vitest";
import { faults, only } from "../fixtures/faulty.ts";
import { startRawModern } from "../fixtures/raw-modern.ts";
import { startTestHouse } from "../harness/house.ts";
import { parsed, sayModern } from "../portal/client.ts";
import { cells, openCaller } from "../harness/cells.ts";
import { callTool, openLimited, told } from "../limits/scene.ts";

test.each(cells)(
  "$cell: calls that are made to last shut nobody out who is answered meanwhile",
  async (cell) => {
    await using scene = await openLimited(cell, { limits: { timeoutSeconds: 0.5 } });
    const attacker = await scene.caller();
    const other = await openCaller(cell.caller, scene.door);
    const lasting = Array.from({ length: 6 }, () => callTool(attacker, "slow"));
    await expect.poll(() => scene.server.recording.of("tools/call").length).toBe(6);
    expect(told(await callTool(other, "show"))).toEqual([200, "ok"]);
    for (const reply of await Promise.all(lasting))
      expect(told(reply)).toEqual([200, "call_timed_out", "server"]);
    expect(told(await callTool(other, "show"))).toEqual([200, "ok"]);
  },
);

test("where they open the circuit all the same, the server is asked without them whether it is there", async () => {
  await using scene = await openLimited(
    { caller: "modern", server: "modern" },
    { limits: { timeoutSeconds: 0.1 } },
  );
  const attacker = await scene.caller();
  await Promise.all(Array.from({ length: 5 }, () => callTool(attacker, "slow")));
  expect(told(await callTool(attacker, "show"))).toEqual([200, "server_circuit_open"]);
  const { server } = await scene.portals.sync("lively");
  expect(scene.portals.failedServers).toContain(server.id);
  expect(told(await callTool(attacker, "show"))).toEqual([200, "ok"]);
});

test.each(cells)(
  "$cell: where a server is stays with admins, also when its address is refused",
  async (cell) => {
    await using scene = await openLimited(cell);
    await scene.portals.database.query(
      sql`update servers set allow_private = '{}', revision = revision + 1, version = version + 1`,
    );
    await scene.portals.sync("lively");
    const caller = await scene.caller();
    const replies = [await callTool(caller, "show")];
    const uri = "doc://updates";
    if (cell.cell === "C1") replies.push(await caller.request("resources/subscribe", { uri }));
    for (const { message } of replies)
      expect(message.error).toMatchObject({
        message: "The server's address is not one that an admin allowed",
        data: { code: "outbound_refused" },
      });
    expect(JSON.stringify(replies)).not.toMatch(/127\.0\.0\.1|"url"/);
  },
);

test("that a circuit is open is shown to whoever wonders what is missing, and to admins", async () => {
  await using house = await startTestHouse();
  await using server = await startRawModern({
    capabilities: '{"tools":{}}',
    script: {
      "tools/list": () => '{"resultType":"complete","tools":[{"name":"t","inputSchema":{"type":"object"}}]}',
    },
  });
  const door = await house.addPortal("p", { dying: server.url });
  const call = async (name: string) => {
    const heard = await sayModern(door, "tools/call", { name, arguments: {} });
    return parsed((await heard.all).at(-1));
  };
  const shown = async () => {
    const { result } = await call("portal_list_servers");
    const { state } = await house.api<{ state: { isCircuitOpen: boolean } }>("GET", "/servers/dying");
    const { items } = await house.api<{ items: { state: typeof state }[] }>("GET", "/servers");
    const [{ status, error }] = result.structuredContent.servers;
    return [status, error?.code, state.isCircuitOpen, items[0]?.state.isCircuitOpen];
  };
  expect(await shown()).toEqual(["ready", undefined, false, false]);
  server.intercept = only("tools/call", faults.status(503));
  for (let n = 0; n < 5; n++) await call("dying_t");
  expect(await shown()).toEqual(["stale", "server_circuit_open", true, true]);
  await house.api("POST", "/servers/dying/sync");
  expect(await shown()).toEqual(["ready", undefined, false, false]);
});
