import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestApi, startTestUpstream, type TestApi, type TestUpstream } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let upstream: TestUpstream;
let admin: Client;

beforeAll(async () => {
  house = await createTestApi();
  upstream = await startTestUpstream();
  admin = createClient(house.app, await house.createToken({}));
  for (const slug of ["weather", "news"])
    await admin("POST", "/servers", { slug, url: upstream.url, allowPrivate: ["127.0.0.1"] });
});
beforeEach(() => house.database.query(sql`delete from portals`));
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const createdAt = expect.any(String) as string;

test("a portal is made, changed and removed", async () => {
  const made = await admin("POST", "/portals", {
    slug: "team",
    title: "The team",
    naming: "plain",
    servers: ["news"],
  });
  const team = {
    slug: "team",
    title: "The team",
    naming: "plain",
    servers: ["news"],
    paths: ["/p/team/mcp"],
    createdAt,
  };
  expect([made.status, made.body]).toEqual([201, team]);
  expect(await admin("PUT", "/portals/team/servers/weather")).toMatchObject({
    status: 200,
    body: { servers: ["news", "weather"] },
  });
  expect((await admin("GET", "/portals")).body).toEqual({
    items: [{ ...team, servers: ["news", "weather"] }],
  });
  expect((await admin("DELETE", "/portals/team/servers/news")).body).toEqual({
    ...team,
    servers: ["weather"],
  });
  expect((await admin("GET", "/portals/team")).body).toEqual({ ...team, servers: ["weather"] });
  expect(await admin("DELETE", "/portals/team")).toMatchObject({ status: 204 });
  expect(await admin("DELETE", "/portals/team")).toMatchObject({
    status: 404,
    body: { code: "portal_not_found" },
  });
});

test("a slug is enough, and the default portal is at /mcp too", async () => {
  expect((await admin("POST", "/portals", { slug: "default" })).body).toEqual({
    slug: "default",
    title: "default",
    naming: "prefixed",
    servers: [],
    paths: ["/p/default/mcp", "/mcp"],
    createdAt,
  });
});

test("to put a server where it is changes nothing", async () => {
  await admin("POST", "/portals", { slug: "team", servers: ["news", "weather"] });
  expect(await admin("PUT", "/portals/team/servers/news")).toMatchObject({
    status: 200,
    body: { servers: ["news", "weather"] },
  });
});

test.each([
  [{ slug: "team" }, 409, { code: "portal_slug_taken", field: "slug" }],
  [{ slug: "other", servers: ["weather", "nobody"] }, 404, { code: "server_unknown", field: "servers" }],
  [{ slug: "other", servers: ["weather", "weather"] }, 400, { code: "invalid_input", field: "servers" }],
  [{ slug: "other", servers: ["weather", "We ather"] }, 400, { code: "invalid_input", field: "servers[1]" }],
  [{ slug: "other", naming: "loud" }, 400, { detail: "naming must be one of prefixed, plain" }],
])("%j is refused with %i %j", async (body, status, problem) => {
  await admin("POST", "/portals", { slug: "team" });
  expect(await admin("POST", "/portals", body)).toMatchObject({ status, body: problem });
  expect((await admin("GET", "/portals/other")).status).toBe(404);
});

test("servers that are not there or not listed", async () => {
  await admin("POST", "/portals", { slug: "team" });
  expect(await admin("PUT", "/portals/team/servers/nobody")).toMatchObject({
    status: 404,
    body: { code: "server_unknown" },
  });
  expect(await admin("DELETE", "/portals/team/servers/news")).toMatchObject({
    status: 404,
    body: { code: "portal_server_not_listed" },
  });
  expect(await admin("PUT", "/portals/nobody/servers/news")).toMatchObject({
    status: 404,
    body: { code: "portal_not_found" },
  });
});
