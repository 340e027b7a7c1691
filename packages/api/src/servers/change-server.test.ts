import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestApi, startTestUpstream, type TestApi } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let admin: Client;

beforeAll(async () => {
  house = await createTestApi();
  admin = createClient(house.app, await house.createToken({}));
});
beforeEach(async () => {
  await house.database.query(sql`delete from servers`);
});
afterAll(() => house[Symbol.asyncDispose]());

const allowPrivate = ["127.0.0.1"];
const here = { slug: "weather", url: "http://127.0.0.1:1/mcp", allowPrivate };

const change = (body: unknown, headers?: Readonly<Record<string, string>>) =>
  admin("PATCH", "/servers/weather", body, headers);

test("what is set is shown, and what is set back is as it was", async () => {
  await admin("POST", "/servers", here);
  const limits = {
    callsPerMinute: 1_000_000,
    concurrency: 3,
    timeoutSeconds: 86_400,
    perPerson: { callsPerMinute: 1, concurrency: 1 },
    tools: { "a b": { timeoutSeconds: 1, perPerson: { concurrency: 2 } } },
  };
  const fields = { description: "Rain or shine", autoAccept: ["tool"], limits, syncIntervalSeconds: 30 };
  const changed = await change(fields);
  expect(changed).toMatchObject({ status: 200, body: { ...fields, version: 2 } });
  expect(changed.headers.get("etag")).toBe('"2"');
  const back = await change({ description: "", autoAccept: [], limits: {}, syncIntervalSeconds: null });
  expect(back.body).toMatchObject({ description: "", autoAccept: [], limits: {}, version: 3 });
  expect(back.body).not.toHaveProperty("syncIntervalSeconds");
  expect(await change({ description: "", limits: {} })).toMatchObject({ body: { version: 3 } });
});

test("of two writers the second is refused, and hears which version is there", async () => {
  const etag = (await admin("POST", "/servers", here)).headers.get("etag") ?? "";
  expect(etag).toBe('"1"');
  expect(await change({ title: "First" }, { "if-match": etag })).toMatchObject({ status: 200 });
  const stale = { status: 412, body: { code: "version_stale", version: 2 } };
  expect(await change({ title: "Second" }, { "if-match": etag })).toMatchObject(stale);
  expect(await admin("DELETE", "/servers/weather", undefined, { "if-match": etag })).toMatchObject(stale);
  expect(await admin("GET", "/servers/weather")).toMatchObject({ body: { title: "First", version: 2 } });
  expect(await change({ title: "Third" }, { "if-match": "*" })).toMatchObject({ body: { version: 3 } });
  expect(await admin("DELETE", "/servers/weather", undefined, { "if-match": '"3"' })).toMatchObject({
    status: 204,
  });
});

test("headers are merged, their values are sent and are shown nowhere", async () => {
  await using upstream = await startTestUpstream({ authorization: "Bearer n3w-s3cret" });
  const bodies = [];
  const input = { ...here, url: upstream.url, bearerToken: "0ld-s3cret", headers: { "X-A": "s3cret-a" } };
  bodies.push(await admin("POST", "/servers", input));
  bodies.push(
    await change({ headers: { Authorization: "Bearer n3w-s3cret", "X-B": "s3cret-b", "x-none": null } }),
  );
  // Other headers are tried at once.
  expect(bodies.map(({ body }) => body)).toMatchObject([
    { headerNames: ["x-a", "authorization"], state: { error: { code: "upstream_unauthorized" } } },
    { headerNames: ["x-a", "authorization", "x-b"], version: 2, definitions: { new: 3 } },
  ]);
  const asked = upstream.seen.size;
  bodies.push(await change({ bearerToken: "n3w-s3cret", headers: { "X-A": null } }));
  bodies.push(await change({ bearerToken: "n3w-s3cret", headers: { "X-A": null } }));
  expect(bodies.map(({ body }) => body)).toMatchObject([
    {},
    {},
    { headerNames: ["authorization", "x-b"], version: 3 },
    { version: 3 },
  ]);
  bodies.push(await change({ bearerToken: null }));
  expect(bodies.at(-1)?.body).toMatchObject({
    headerNames: ["x-b"],
    version: 4,
    // What was found before is kept, though it cannot be read any more.
    definitions: { new: 3 },
    state: { error: { code: "upstream_unauthorized", details: { status: 401 } } },
  });
  expect([...upstream.seen]).toEqual(["Bearer 0ld-s3cret", "Bearer n3w-s3cret"]);
  expect(asked).toBe(2);
  bodies.push(await admin("GET", "/servers"), await admin("GET", "/servers/weather"));
  expect(JSON.stringify(bodies)).not.toMatch(/s3cret/);
});

test("there are so many headers, those that are stored included", async () => {
  const many = (prefix: string, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}-${n}`, "v"]));
  await admin("POST", "/servers", { ...here, headers: many("x", 49) });
  expect(await change({ headers: { "y-1": "v", "y-2": "v" } })).toMatchObject({
    status: 400,
    body: {
      code: "invalid_input",
      problems: [
        { field: "headers", reason: "must have at most 50 entries, those that are stored included" },
      ],
    },
  });
  expect(await change({ headers: { "y-1": "v", "y-2": "v", "x-0": null } })).toMatchObject({ status: 200 });
});

test("a server moves with its headers given anew, and is read at its new address at once", async () => {
  await using upstream = await startTestUpstream();
  await admin("POST", "/servers", { ...here, headers: { "X-A": "1" } });
  expect(await change({ url: upstream.url })).toMatchObject({
    status: 409,
    body: { code: "server_headers_required", field: "headers", headers: ["x-a"] },
  });
  expect(await admin("GET", "/servers/weather")).toMatchObject({
    body: { url: here.url, version: 1, state: { status: "error" } },
  });
  expect(await change({ url: `${upstream.url}#top`, headers: { "x-a": "1" } })).toMatchObject({
    status: 200,
    body: { url: upstream.url, version: 2, definitions: { new: 3 } },
  });
});

test("a transport that is set is tried at once, and nothing else", async () => {
  await using upstream = await startTestUpstream();
  await admin("POST", "/servers", { ...here, url: upstream.url, autoAccept: ["tool", "prompt"] });
  expect(await change({ transport: "sse" })).toMatchObject({
    status: 200,
    body: {
      transport: "sse",
      state: { status: "stale", error: { code: expect.any(String) } },
      counts: { tools: 2 },
    },
  });
  expect(await change({ transport: "auto" })).toMatchObject({
    body: { state: { status: "ready", eras: ["legacy", "modern"] } },
  });
});

test.each([
  [{ url: "http://10.0.0.1/mcp" }, "outbound_refused", "url"],
  [{ url: "file:///etc/passwd" }, "outbound_refused", "url"],
  [{ allowPrivate: [] }, "outbound_refused", "allowPrivate"],
  [{ allowPrivate: ["10.0.0.0/99"] }, "outbound_policy_invalid", "allowPrivate[0]"],
])("a change %j is refused with %s, and nothing is changed", async (body, code, field) => {
  await admin("POST", "/servers", here);
  expect(await change({ title: "Other", ...body })).toMatchObject({ status: 400, body: { code, field } });
  expect(await admin("GET", "/servers/weather")).toMatchObject({ body: { title: "weather", version: 1 } });
});
