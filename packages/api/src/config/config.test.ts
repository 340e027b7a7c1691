import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestApi, startTestUpstream, type TestApi, type TestUpstream } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let upstream: TestUpstream;
let admin: Client;
let member: Client;

beforeAll(async () => {
  house = await createTestApi();
  upstream = await startTestUpstream();
  admin = createClient(house.app, await house.createToken({}));
  member = createClient(house.app, await house.createToken({ role: "member" }));
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const secrets = { "env:TOKEN": "t0p-s3cret" };

function documentOf(more: object = {}) {
  return {
    apiVersion: "castellan/v1",
    name: "main",
    servers: {
      weather: {
        url: upstream.url,
        allowPrivate: ["127.0.0.1"],
        headers: { Authorization: { secretRef: "env:TOKEN", prefix: "Bearer " } },
        ...more,
      },
    },
    portals: { work: { servers: ["weather"] } },
  };
}

test("a document is planned, applied once, exported; the server is there to be synced", async () => {
  const document = documentOf();
  const plan = await admin("POST", "/config/plan", { document, secrets });
  expect(plan).toMatchObject({
    status: 200,
    body: {
      changes: [
        {
          kind: "server",
          slug: "weather",
          action: "create",
          fields: [
            { path: "url", after: upstream.url },
            { path: "headers.authorization", after: { secretRef: "env:TOKEN", prefix: "Bearer " } },
            { path: "allowPrivate", before: [], after: ["127.0.0.1"] },
          ],
        },
        { kind: "portal", slug: "work", action: "create" },
      ],
    },
  });
  const { basis, changes } = plan.body as { basis: string; changes: unknown };
  expect((await admin("POST", "/config/apply", { document, secrets, basis })).body).toEqual({
    changes,
    syncing: ["weather"],
  });
  expect(house.requestedSyncs).toHaveLength(1);
  expect((await admin("POST", "/config/apply", { document })).body).toEqual({ changes: [], syncing: [] });
  await admin("POST", "/servers/weather/sync");
  expect([...upstream.seen]).toEqual(["Bearer t0p-s3cret"]);
  expect((await admin("GET", "/config/export?name=main")).body).toEqual({
    ...document,
    servers: {
      weather: {
        url: upstream.url,
        headers: { authorization: { secretRef: "env:TOKEN", prefix: "Bearer " } },
        allowPrivate: ["127.0.0.1"],
      },
    },
  });
  expect(house.errors).toEqual([]);
});

test("what is wrong with a document is told by its field, and no secret is", async () => {
  const answer = await admin("POST", "/config/apply", {
    document: { ...documentOf({ colour: "red" }), version: 1 },
    secrets: { "env:TOKEN": ["s3cret"] },
  });
  expect(answer).toMatchObject({
    status: 400,
    body: {
      code: "invalid_input",
      problems: [
        { field: "document.servers.weather.colour", reason: "is not known" },
        { field: "document.version", reason: "is not known" },
        { field: 'secrets["env:TOKEN"]', reason: "must be a string" },
      ],
    },
  });
  expect(JSON.stringify(answer.body)).not.toMatch(/s3cret/);
});

test("the schema is for everyone, the rest for admins", async () => {
  expect((await member("GET", "/config/schema")).body).toMatchObject({ title: "Castellan configuration" });
  for (const [method, path] of [
    ["GET", "/config/export"],
    ["POST", "/config/plan"],
    ["POST", "/config/apply"],
  ] as const)
    expect(await member(method, path, method === "POST" ? {} : undefined)).toMatchObject({ status: 403 });
});

test("what says who somebody is changes by an owner only, in a document too", async () => {
  const document = {
    apiVersion: "castellan/v1",
    name: "who",
    providers: { entra: { issuer: "https://login.example", clientId: "castellan" } },
  };
  const owner = createClient(house.app, await house.createToken({ role: "owner" }));
  expect(await admin("POST", "/config/plan", { document })).toMatchObject({
    status: 200,
    body: { changes: [{ kind: "provider", slug: "entra", action: "create" }] },
  });
  expect(await admin("POST", "/config/apply", { document })).toMatchObject({
    status: 403,
    body: { code: "permission_required" },
  });
  expect(await owner("POST", "/config/apply", { document })).toMatchObject({ status: 200 });
  expect(await admin("GET", "/providers/entra")).toMatchObject({ status: 200 });
});
