import { sql } from "@castellan/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestApi, startTestUpstream, type TestApi, type TestUpstream } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let upstream: TestUpstream;
let admin: Client;

beforeAll(async () => {
  house = await createTestApi();
  upstream = await startTestUpstream();
  admin = createClient(house.app, await house.createToken({}));
  const accepted = { autoAccept: ["tool", "prompt"], allowPrivate: ["127.0.0.1"] };
  await admin("POST", "/servers", { ...accepted, slug: "ready-one", title: "Erste", url: upstream.url });
  await admin("POST", "/servers", { ...accepted, slug: "ready-two", url: upstream.url });
  await admin("POST", "/servers", { ...accepted, slug: "held-back", url: upstream.url, autoAccept: [] });
  await admin("POST", "/servers", { ...accepted, slug: "dead", url: "http://127.0.0.1:1/mcp" });
  await admin("POST", "/servers", { ...accepted, slug: "failing", url: upstream.url });
  await house.database.query(sql`
    update server_states set error_code = 'upstream_timeout', error_message = 'late'
     where server_id = (select id from servers where slug = 'failing')`);
  await house.database.query(sql`
    insert into servers (id, slug, title, url) values ('srv_new', 'unasked', '', 'https://a.example/')`);
  await admin("POST", "/portals", { slug: "team", servers: ["ready-two", "dead"] });
});
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

interface Page {
  readonly items: readonly { readonly slug: string; readonly state: { readonly status: string } }[];
  readonly nextCursor?: string;
}

async function page(query: string): Promise<Page> {
  const answer = await admin("GET", `/servers${query}`);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body as Page;
}

const slugs = async (query: string) => (await page(query)).items.map(({ slug }) => slug);

const all = ["dead", "failing", "held-back", "ready-one", "ready-two", "unasked"];

test.each([1, 2, 5, 6, 200])("pages of %d are the whole list by slug", async (limit) => {
  const found: string[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const { items, nextCursor } = await page(`?limit=${limit}${cursor ? `&cursor=${cursor}` : ""}`);
    found.push(...items.map(({ slug }) => slug));
    cursor = nextCursor;
    pages++;
  } while (cursor !== undefined);
  expect([found, pages]).toEqual([all, Math.ceil(all.length / limit)]);
});

test.each([
  ["ready", ["ready-one", "ready-two"]],
  ["needs_attention", ["held-back"]],
  ["stale", ["failing"]],
  ["error", ["dead"]],
  ["waiting", ["unasked"]],
])("servers that are %s", async (status, expected) => {
  const { items } = await page(`?status=${status}`);
  expect(items.map(({ slug }) => slug)).toEqual(expected);
  expect(new Set(items.map(({ state }) => state.status))).toEqual(new Set([status]));
});

test("filters narrow each other, and hold from page to page", async () => {
  expect(await slugs("?portal=team")).toEqual(["dead", "ready-two"]);
  expect(await slugs("?portal=team&status=ready")).toEqual(["ready-two"]);
  expect(await slugs("?q=ERSTE")).toEqual(["ready-one"]);
  expect(await slugs("?q=ready&portal=team")).toEqual(["ready-two"]);
  expect(await slugs("?q=nothing-like-it")).toEqual([]);
  const first = await page("?q=ready&status=ready&limit=1");
  expect(first.items.map(({ slug }) => slug)).toEqual(["ready-one"]);
  expect(await slugs(`?q=ready&status=ready&limit=1&cursor=${first.nextCursor}`)).toEqual(["ready-two"]);
});

test.each([
  ["?limit=0", 400, "limit"],
  ["?limit=201", 400, "limit"],
  ["?cursor=%20", 400, "cursor"],
  ["?status=fine", 400, "status"],
  ["?q=", 400, "q"],
  [`?q=${"x".repeat(201)}`, 400, "q"],
  ["?q=a%00b", 400, "q"],
  ["?portal=Team", 400, "portal"],
  ["?colour=red", 400, "colour"],
])("%s is refused", async (query, status, field) => {
  expect(await admin("GET", `/servers${query}`)).toMatchObject({ status, body: { field } });
});

test("a portal that is not there has no servers to list", async () => {
  expect(await admin("GET", "/servers?portal=nobody")).toMatchObject({
    status: 404,
    body: { code: "portal_not_found" },
  });
});
