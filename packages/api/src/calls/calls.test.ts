import type { CallRecord } from "@castellan/audit";
import { sql } from "@castellan/database";
import { createId } from "@castellan/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestApi, type TestApi } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let admin: Client;

const noon = Date.UTC(2026, 6, 28, 12);
const call: CallRecord = {
  id: createId("call"),
  startedAtMs: noon,
  durationMs: 12.5,
  upstreamMs: 9,
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
  clientName: "agent",
  outcome: "ok",
  bytesIn: 320,
  bytesOut: 4096,
};

beforeAll(async () => {
  house = await createTestApi();
  admin = createClient(house.app, await house.createToken({}));
  await house.audit.append(call);
  for (let second = 1; second <= 3; second++)
    await house.audit.append({
      ...call,
      id: createId("call"),
      startedAtMs: noon + second * 1000,
      server: "news",
      outcome: "error",
      code: "upstream_timeout",
      ...(second > 1 && { parentCallId: call.id }),
    });
});
afterAll(() => house[Symbol.asyncDispose]());

test("a call is shown whole", async () => {
  expect((await admin("GET", "/calls?server=weather")).body).toEqual({
    items: [
      {
        id: call.id,
        startedAt: "2026-07-28T12:00:00.000Z",
        durationMs: 12.5,
        upstreamMs: 9,
        requestId: "req_1",
        replica: "rep_1",
        portal: "team",
        server: "weather",
        era: "modern",
        method: "tools/call",
        target: "weather_forecast",
        principal: { kind: "service", id: "tok_1", name: "nightly run" },
        client: { name: "agent" },
        outcome: "ok",
        bytesIn: 320,
        bytesOut: 4096,
        chain: expect.any(Number) as number,
        seq: 1,
      },
    ],
  });
});

test("pages go on where the one before ended", async () => {
  const times: string[] = [];
  let cursor: string | undefined = "";
  while (cursor !== undefined) {
    const { body } = await admin("GET", `/calls?limit=3${cursor && `&cursor=${cursor}`}`);
    const page = body as { items: { startedAt: string }[]; nextCursor?: string };
    times.push(...page.items.map(({ startedAt }) => startedAt.slice(17, 19)));
    cursor = page.nextCursor;
  }
  expect(times).toEqual(["03", "02", "01", "00"]);
});

test.each([
  ["outcome=error", 3],
  ["outcome=ok&method=tools/call&target=weather_forecast", 1],
  ["since=2026-07-28T12:00:02Z", 2],
  ["since=2026-07-28T14:00:01%2B02:00&until=2026-07-28T12:00:03Z", 2],
  ["principal=tok_2", 0],
  ["portal=team&server=news", 3],
  [`parent=${call.id}`, 2],
  [`parent=${createId("call")}`, 0],
])("%s finds %i", async (query, count) => {
  const { body } = await admin("GET", `/calls?${query}`);
  expect((body as { items: unknown[] }).items.length).toBe(count);
});

test.each([
  ["limit=0", "limit"],
  ["limit=501", "limit"],
  ["limit=1e2", "limit"],
  ["cursor=nonsense", "cursor"],
  ["since=yesterday", "since"],
  ["outcome=good", "outcome"],
  ["method=%00", "method"],
  ["portal=%00", "portal"],
  ["id=1", "id"],
  ["parent=../x", "parent"],
])("%s is refused naming the field", async (query, field) => {
  expect(await admin("GET", `/calls?${query}`)).toMatchObject({
    status: 400,
    body: { code: "invalid_input", field },
  });
});

test("the record verifies, until somebody changes it", async () => {
  expect((await admin("GET", "/calls/verify")).body).toEqual({
    intact: true,
    chains: 1,
    rows: 4,
    broken: [],
    lastHead: { chain: 1, seq: 4, mac: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
  });
  await house.database.transaction(async (tx) => {
    await tx.query(sql`set local session_replication_role = replica`);
    await tx.query(sql`update calls set target = 'weather_alerts' where seq = 2`);
  });
  expect((await admin("GET", "/calls/verify")).body).toMatchObject({
    intact: false,
    broken: [{ chain: 1, seq: 2, breakage: "changed" }],
  });
});
