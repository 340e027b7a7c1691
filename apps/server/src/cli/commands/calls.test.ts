import { once } from "node:events";
import { createInterface } from "node:readline";
import { sql } from "@castellan/database";
import { createId } from "@castellan/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveTestApi, startCastellan, type ServedApi } from "../testing/command.ts";

let served: ServedApi;

beforeAll(async () => {
  served = await serveTestApi();
});
afterAll(() => served[Symbol.asyncDispose]());

const call = {
  durationMs: 12.5,
  requestId: "req_1",
  replica: "rep_1",
  portal: "team",
  server: "weather",
  era: "modern",
  method: "tools/call",
  target: "weather_forecast",
  principalKind: "service",
  principalId: "tok_1",
  principalName: "nightly run",
  outcome: "ok",
  bytesIn: 320,
  bytesOut: 4096,
} as const;

test("calls: listed oldest first, filtered, followed, verified", async () => {
  const { audit } = served.api;
  const record = (startedAtMs: number, more: object = {}) =>
    audit.append({ ...call, id: createId("call"), startedAtMs, ...more });
  const [first, second] = [createId("call"), createId("call")];
  await record(Date.UTC(2026, 0, 1, 12), { id: first });
  const policy = { outcome: "allow", rules: ["no-abroad", "office-only"] };
  const parentCallId = createId("call");
  await record(Date.UTC(2026, 0, 1, 13), {
    outcome: "error",
    code: "upstream_timeout",
    policy,
    parentCallId,
    id: second,
  });
  const { stdout } = await served.castellan(["calls"]);
  expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["ID", "TIME", "OUTCOME", "MS", "PORTAL", "SERVER", "METHOD", "TARGET", "WHO", "RULES"],
    [
      first,
      "2026-01-01 12:00:00",
      "ok",
      "12.5",
      "team",
      "weather",
      "tools/call",
      "weather_forecast",
      "nightly run",
      "-",
    ],
    [
      second,
      "2026-01-01 13:00:00",
      "error upstream_timeout",
      "12.5",
      "team",
      "weather",
      "tools/call",
      "weather_forecast",
      "nightly run",
      "no-abroad, office-only",
    ],
    [""],
  ]);
  expect(await served.json(["calls", "--outcome", "error"])).toMatchObject({
    items: [{ code: "upstream_timeout" }],
  });
  expect(await served.json(["calls", "--parent", parentCallId])).toMatchObject({ items: [{ parentCallId }] });
  expect(await served.json(["calls", "--since", "2026-01-01T12:30:00Z"])).toMatchObject({ items: [{}] });
  expect(await served.json(["calls", "--since", "1h"])).toEqual({ items: [] });
  expect((await served.castellan(["calls", "verify"])).stdout).toMatch(
    /^The record is intact: 2 calls in 1 chains\nIt ends at 1:2 with [0-9a-f]{64}\n$/,
  );

  const following = startCastellan(["calls", "--follow", "--limit", "1", "--json"], { env: served.env });
  const lines = createInterface({ input: following.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse(String((await lines.next()).value)) as unknown;
  expect(await next()).toMatchObject({ code: "upstream_timeout" });
  await record(Date.now(), { target: "weather_alerts" });
  expect(await next()).toMatchObject({ target: "weather_alerts" });
  // Recorded later, although it began before the one that has been shown.
  await record(Date.now() - 60_000, { target: "weather_slow" });
  expect(await next()).toMatchObject({ target: "weather_slow" });
  following.kill("SIGINT");
  expect(await once(following, "exit")).toEqual([null, "SIGINT"]);

  await served.api.database.transaction(async (tx) => {
    await tx.query(sql`set local session_replication_role = replica`);
    await tx.query(sql`update calls set target = 'x' where seq = 1`);
  });
  expect(await served.castellan(["calls", "verify"])).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^Chain 1 is broken at 1: changed\n/) as string,
  });
});
