/** Secrets come beside a document, and are in nothing that is told of it. */
import { sql } from "@castellan/database";
import { afterAll, beforeEach, expect, test } from "vitest";
import { faultOf, openInstallation, plainly, secrets, toDocument, token, weather } from "./testing.ts";

const house = await openInstallation();
afterAll(() => house[Symbol.asyncDispose]());
beforeEach(() => house.empty());

test("a secret that is given anew is told as changed, and nothing of it is", async () => {
  const document = toDocument({ servers: { weather } });
  await house.configuration.apply(document, { ...plainly, secrets });
  const how = { ...plainly, secrets: { "env:TOKEN": "n3xt-s3cret" } };
  const plan = await house.configuration.plan(document, how);
  expect(plan.changes).toEqual([
    {
      kind: "server",
      slug: "weather",
      action: "update",
      fields: [{ path: "headers.authorization", secret: "changed" }],
    },
  ]);
  const applied = await house.configuration.apply(document, how);
  const { server } = await house.servers.get("weather");
  expect(applied.toSync).toEqual([{ id: server.id, slug: "weather" }]);
  expect(await house.servers.headersOf(server.id)).toEqual({ authorization: "Bearer n3xt-s3cret" });
  expect(JSON.stringify([plan, applied, await house.configuration.export("main")])).not.toMatch(/s3cret/);
});

test("a secret is missed where it is not given, and none from the same place is stored for that origin", async () => {
  const document = toDocument({ servers: { weather } });
  expect(await faultOf(house.configuration.plan(document, plainly))).toMatchObject({
    code: "secret_missing",
    field: "servers.weather.headers.authorization",
    data: {
      missing: [
        { header: "authorization", secretRef: "env:TOKEN", field: "servers.weather.headers.authorization" },
      ],
    },
  });
  await house.configuration.apply(document, { ...plainly, secrets });
  const others = [
    { ...weather, headers: { authorization: { secretRef: "env:OTHER", prefix: "Bearer " } } },
    { ...weather, headers: { authorization: { secretRef: "env:TOKEN" } } },
    { ...weather, url: "https://elsewhere.example/mcp" },
  ];
  for (const other of others)
    expect(
      (await faultOf(house.configuration.apply(toDocument({ servers: { weather: other } }), plainly))).code,
    ).toBe("secret_missing");
  const moved = toDocument({ servers: { weather: { ...weather, url: "https://weather.example/other" } } });
  expect((await house.configuration.apply(moved, plainly)).toSync).toHaveLength(1);
  const elsewhere = toDocument({ servers: { weather: others[2] } });
  await house.configuration.apply(elsewhere, { ...plainly, secrets });
  const { server } = await house.servers.get("weather");
  expect(await house.servers.headersOf(server.id)).toEqual({ authorization: `Bearer ${token}` });
});

test("a secret that is no header is refused without being told", async () => {
  const fault = await faultOf(
    house.configuration.apply(toDocument({ servers: { weather } }), {
      ...plainly,
      secrets: { "env:TOKEN": "s3cret\nwith a line break" },
    }),
  );
  expect(fault).toMatchObject({ code: "secret_invalid", field: "servers.weather.headers.authorization" });
  expect(JSON.stringify([fault.message, fault.data, fault.cause])).not.toMatch(/s3cret/);
});

test("a header that the document no longer names is taken away", async () => {
  await house.configuration.apply(toDocument({ servers: { weather } }), { ...plainly, secrets });
  const bare = toDocument({ servers: { weather: { url: weather.url } } });
  expect((await house.configuration.apply(bare, plainly)).changes[0]?.fields).toEqual([
    { path: "headers.authorization", before: { secretRef: "env:TOKEN", prefix: "Bearer " } },
  ]);
  expect((await house.servers.get("weather")).server).toMatchObject({ headerNames: [], headerRefs: {} });
});

test("the database holds no secret of a document", async () => {
  await house.configuration.apply(toDocument({ servers: { weather } }), { ...plainly, secrets });
  const [row] = await house.database.query<{ dump: string }>(sql`
    select string_agg(s::text || encode(coalesce(sealed_headers, ''), 'escape'), '') as dump from servers s`);
  expect(row?.dump).toContain("env:TOKEN");
  expect(row?.dump).not.toContain(token);
});

/** The same database, counting what is asked of it. */
