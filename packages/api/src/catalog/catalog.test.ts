import { toolClasses } from "@castellan/access";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestApi, startTestUpstream, type TestApi, type TestUpstream } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let api: TestApi;
let upstream: TestUpstream;
let admin: Client;
let member: Client;

const kinds = ["tool", "prompt", "resource", "resource_template", "instructions"];

beforeAll(async () => {
  api = await createTestApi();
  upstream = await startTestUpstream({ authorization: "Bearer upstream-secret" });
  admin = createClient(api.app, await api.createToken({}));
  const { host } = new URL(upstream.url);
  for (const [slug, more] of [
    ["weather", { title: "Weather", description: "What tomorrow brings", autoAccept: kinds }],
    ["waiting", {}],
    ["hidden", { autoAccept: kinds }],
  ] as const) {
    const server = { slug, url: upstream.url, bearerToken: "upstream-secret", allowPrivate: [host], ...more };
    expect((await admin("POST", "/servers", server)).status).toBe(201);
  }
  for (const [slug, servers] of [
    ["main", ["weather", "waiting"]],
    ["field", ["weather"]],
    ["closed", ["hidden"]],
  ] as const)
    expect((await admin("POST", "/portals", { slug, title: slug.toUpperCase(), servers })).status).toBe(201);
  member = createClient(
    api.app,
    await api.createToken({ role: "member", portals: ["main", "field"], allow: toolClasses }),
  );
});

afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const place = (portal: string, server: string, tools: number, prompts: number) => ({
  slug: portal,
  title: portal.toUpperCase(),
  url: `http://localhost/p/${portal}/mcp?servers=${server}`,
  counts: { tools, prompts, resources: 0, resourceTemplates: 0 },
});

const weather = {
  slug: "weather",
  title: "Weather",
  description: "What tomorrow brings",
  status: "ready",
  portals: [place("field", "weather", 2, 1), place("main", "weather", 2, 1)],
};

const waiting = {
  slug: "waiting",
  title: "waiting",
  description: "",
  status: "ready",
  portals: [place("main", "waiting", 0, 0)],
};

test("a member sees the servers of its portals, where they are, and what can be used of them", async () => {
  const { status, body } = await member("GET", "/catalog");
  expect([status, body]).toEqual([200, { items: [waiting, weather] }]);
});

test("a person sees what rules let them use, whatever the client was given", async () => {
  const access = [{ who: "user:ada@example.com", classes: ["read"] }];
  expect((await admin("PATCH", "/portals/field", { access })).status).toBe(200);
  const slugsFor = async (name: string) => {
    const email = `${name}@example.com`;
    const { id } = await api.people.add({ directory: "workforce", email, name }, { by: "owner" });
    const { body } = await createClient(api.app, (await api.letClientIn(id)).secret)("GET", "/catalog");
    const { items } = body as { items: { slug: string; portals: { slug: string }[] }[] };
    return items.map(({ slug, portals }) => [slug, ...portals.map((portal) => portal.slug)]);
  };
  expect(await slugsFor("ada")).toEqual([["weather", "field"]]);
  expect(await slugsFor("bob")).toEqual([]);
});

test("nothing of an upstream is told", async () => {
  const text = JSON.stringify((await member("GET", "/catalog")).body);
  for (const word of [new URL(upstream.url).host, "127.0.0.1", "upstream-secret", "authorization", "srv_"])
    expect(text.toLowerCase()).not.toContain(word);
});

test("by words, by portal, in pages", async () => {
  const slugs = async (query: string) => {
    const { body } = await member("GET", `/catalog${query}`);
    return (body as { items: { slug: string }[] }).items.map(({ slug }) => slug);
  };
  expect(await slugs("?q=TOMORROW")).toEqual(["weather"]);
  expect(await slugs("?q=nothing")).toEqual([]);
  expect((await member("GET", "/catalog?portal=field")).body).toEqual({
    items: [{ ...weather, portals: weather.portals.slice(0, 1) }],
  });
  const first = (await member("GET", "/catalog?limit=1")).body as { nextCursor: string };
  expect(first).toEqual({ items: [waiting], nextCursor: expect.any(String) as string });
  expect((await member("GET", `/catalog?limit=1&cursor=${first.nextCursor}`)).body).toEqual({
    items: [weather],
  });
});

test("a portal that the caller was not given is as one that is not there", async () => {
  expect((await member("GET", "/catalog?portal=closed")).body).toEqual({ items: [] });
  expect((await member("GET", "/catalog?portal=nowhere")).body).toEqual({ items: [] });
  expect((await admin("GET", "/catalog")).body).toEqual({ items: [] });
});

test("what is asked wrongly is refused, and nobody unknown gets an answer", async () => {
  for (const query of ["limit=0", "limit=201", "cursor=!", "portal=No", `q=${"x".repeat(201)}`, "page=2"])
    expect((await member("GET", `/catalog?${query}`)).body).toMatchObject({
      code: "invalid_input",
      field: query.split("=")[0],
    });
  expect((await createClient(api.app, undefined)("GET", "/catalog")).status).toBe(401);
});
