import { sql } from "@castellan/database";
import { startHttpServer } from "@castellan/web";
import { afterAll, beforeAll, expect, test } from "vitest";
import { requestsPerMinute } from "./request-limit.ts";
import { createTestOAuth, firstOf, type TestOAuth } from "./testing.ts";
import { authorizePath, createPkce } from "./testing-browser.ts";
import { addPublicClient } from "./testing-client.ts";

const opened = new AsyncDisposableStack();
let house: TestOAuth;
let url: string;

beforeAll(async () => {
  const late: { fetch?: Parameters<typeof startHttpServer>[0]["app"]["fetch"] } = {};
  const server = opened.use(
    await startHttpServer({
      host: "127.0.0.1",
      port: 0,
      app: { fetch: (request, env) => late.fetch?.(request, env) ?? new Response(null, { status: 503 }) },
      onError: (error) => house.errors.push(error),
    }),
  );
  ({ url } = server);
  house = opened.use(await createTestOAuth({ publicUrl: url }));
  late.fetch = firstOf(house.replicas).app.fetch;
});
afterAll(async () => {
  await opened.disposeAsync();
  expect(house.errors).toEqual([]);
});

test("a flood of requests that nobody decides on fills no disk, whatever address it claims to come from", async () => {
  const clientId = await addPublicClient(house);
  const ask = async (number: number) => {
    const path = authorizePath(clientId, createPkce(), { resource: `${url}/p/okrs/mcp` });
    const answer = await fetch(url + path, {
      headers: {
        accept: "text/html",
        "x-forwarded-for": `203.0.113.${number}`,
        forwarded: `for=203.0.113.${number}`,
      },
      redirect: "manual",
    });
    return {
      status: answer.status,
      retryAfter: answer.headers.get("retry-after"),
      text: await answer.text(),
    };
  };
  const answers = await Promise.all(
    Array.from({ length: requestsPerMinute + 20 }, (_, number) => ask(number)),
  );
  const refused = answers.filter(({ status }) => status === 429);
  expect([answers.filter(({ status }) => status === 303).length, refused.length]).toEqual([
    requestsPerMinute,
    20,
  ]);
  expect(Number(refused[0]?.retryAfter)).toBeGreaterThan(0);
  expect(refused[0]?.text).toContain("Too many authorization requests from this address");
  const [row] = await house.database.query<{ count: number }>(
    sql`select count(*)::int as count from oauth_artifacts`,
  );
  expect(row?.count).toBe(requestsPerMinute);
});
