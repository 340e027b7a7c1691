/** The client that is generated from the document, at the API that the document describes. */
import { ApiProblem, createClient, pages, type Client } from "@castellan/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestApi, startTestUpstream, type TestApi, type TestUpstream } from "./testing.ts";

let house: TestApi;
let upstream: TestUpstream;
let client: Client;

beforeAll(async () => {
  house = await createTestApi();
  upstream = await startTestUpstream();
  client = createClient({
    url: "http://localhost",
    token: await house.createToken({ name: "root" }),
    fetch: async (url, init) => house.app.request(new Request(url, withHost(init))),
  });
});
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

/** A socket would have it from the URL. */
function withHost(init: RequestInit): RequestInit {
  return { ...init, headers: { ...(init.headers as Record<string, string>), host: "localhost" } };
}

const problemOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as ApiProblem,
  );

test("a server is added once, changed at the version that was read, and removed", async () => {
  const body = { slug: "weather", url: upstream.url, allowPrivate: ["127.0.0.1"] };
  const request = { body, idempotencyKey: "once" };
  const added = await client.addServer(request);
  expect(await client.addServer(request)).toEqual(added);

  const params = { slug: "weather" };
  const ifMatch = added.version;
  const changed = await client.changeServer({ params, ifMatch, body: { title: "Weather" } });
  expect(changed).toMatchObject({ title: "Weather", version: ifMatch + 1 });
  const late = await problemOf(client.changeServer({ params, ifMatch, body: { title: "Wind" } }));
  expect(late).toBeInstanceOf(ApiProblem);
  expect(late).toMatchObject({ code: "version_stale", status: 412 });
  expect(await client.getServer({ params })).toMatchObject({ title: "Weather" });

  expect(await client.removeServer({ params })).toBeUndefined();
  expect(await problemOf(client.getServer({ params }))).toMatchObject({
    code: "server_unknown",
    status: 404,
  });
});

test("lists come page by page, and mistakes are told by field", async () => {
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names) await client.addToken({ body: { name, role: "member", portals: [] } });
  const seen: string[] = [];
  for await (const { name } of pages(client.listTokens, { query: { limit: 2 } })) seen.push(name);
  expect(seen).toEqual([...names.toReversed(), "root"]);

  const wrong = { name: "", role: "member", portals: ["No Slug"] } as const;
  expect(await problemOf(client.addToken({ body: wrong }))).toMatchObject({
    code: "invalid_input",
    field: "name",
    problems: [{ field: "name" }, { field: "portals[0]" }],
  });
});
