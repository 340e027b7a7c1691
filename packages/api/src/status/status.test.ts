import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestApi, testVersion, type TestApi } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let admin: Client;

beforeAll(async () => {
  house = await createTestApi();
  admin = createClient(house.app, await house.createToken({}));
});
afterAll(() => house[Symbol.asyncDispose]());

test("what runs, how much there is, and a database that answers", async () => {
  await admin("POST", "/portals", { slug: "team" });
  expect((await admin("GET", "/status")).body).toEqual({
    version: testVersion,
    replica: expect.stringMatching(/^rep_/) as string,
    time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    database: {
      ok: true,
      version: expect.stringMatching(/^\d+/) as string,
      latencyMs: expect.any(Number) as number,
      clockAheadMs: expect.any(Number) as number,
    },
    counts: { servers: { total: 0, waiting: 0, ready: 0, stale: 0, error: 0 }, portals: 1 },
  });
});

test("a database that does not answer is told, not failed on", async () => {
  await admin("GET", "/status");
  await house.database[Symbol.asyncDispose]();
  expect(await admin("GET", "/status")).toMatchObject({
    status: 200,
    body: { database: { ok: false, code: expect.any(String) as string } },
  });
});
