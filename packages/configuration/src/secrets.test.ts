/** Secrets come beside a document, and are in nothing that is told of it. */
import { sql } from "@castellan/database";
import { afterAll, beforeEach, expect, test } from "vitest";
import { configurationDocument } from "./document/document.ts";
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

const crm = {
  url: "https://crm.example/mcp",
  auth: { kind: "own_account", issuer: "https://login.crm.example", client: { id: "castellan" } },
  authSecrets: { clientSecret: { secretRef: "env:CRM" } },
};

test("secrets of an auth come beside the document as well, and are for one authorization server", async () => {
  const document = toDocument({ servers: { crm } });
  expect(await faultOf(house.configuration.plan(document, plainly))).toMatchObject({
    code: "secret_missing",
    field: "servers.crm.authSecrets.clientSecret",
    data: { missing: [{ secretRef: "env:CRM", field: "servers.crm.authSecrets.clientSecret" }] },
  });
  await house.configuration.apply(document, { ...plainly, secrets: { "env:CRM": token } });
  const { server } = await house.servers.get("crm");
  expect(server).toMatchObject({
    auth: crm.auth,
    authSecretNames: ["clientSecret"],
    authRefs: crm.authSecrets,
  });
  expect(await house.servers.authSecretsOf(server.id)).toEqual({ clientSecret: token });
  // What is stored is kept, and applied again it changes nothing.
  expect((await house.configuration.apply(document, plainly)).changes).toEqual([]);

  const rotated = await house.configuration.apply(document, {
    ...plainly,
    secrets: { "env:CRM": "n3xt-s3cret" },
  });
  expect(rotated.changes[0]?.fields).toEqual([{ path: "authSecrets.clientSecret", secret: "changed" }]);
  expect(rotated.toSync).toEqual([{ id: server.id, slug: "crm" }]);
  expect(await house.servers.authSecretsOf(server.id)).toEqual({ clientSecret: "n3xt-s3cret" });
  const exported = await house.configuration.export("main");
  expect(exported.servers).toEqual({ crm });
  expect(JSON.stringify([rotated, exported])).not.toMatch(/s3cret/);

  const elsewhere = { ...crm, auth: { ...crm.auth, issuer: "https://evil.example" } };
  expect(
    (await faultOf(house.configuration.apply(toDocument({ servers: { crm: elsewhere } }), plainly))).code,
  ).toBe("secret_missing");

  const open = toDocument({ servers: { crm: { url: crm.url } } });
  const { changes } = await house.configuration.apply(open, plainly);
  expect(changes[0]?.fields.map(({ path }) => path).toSorted()).toEqual([
    "auth.client",
    "auth.issuer",
    "auth.kind",
    "authSecrets.clientSecret",
  ]);
  expect((await house.servers.get("crm")).server).toMatchObject({ authSecretNames: [], authRefs: {} });
});

test("what does not go together is told by field, and an unusable secret without its value", async () => {
  const wrong = (more: object) =>
    configurationDocument
      .safeParse({ apiVersion: "castellan/v1", name: "main", servers: { crm: { ...crm, ...more } } })
      .error?.issues.map(({ path }) => path.join("."));
  expect(wrong({})).toBeUndefined();
  expect(wrong({ headers: { Authorization: { secretRef: "env:A" } } })).toEqual(["servers.crm.headers"]);
  expect(wrong({ auth: { kind: "bearer" } })).toEqual([
    "servers.crm.authSecrets.token",
    "servers.crm.authSecrets.clientSecret",
  ]);
  const fault = await faultOf(
    house.configuration.apply(toDocument({ servers: { crm } }), {
      ...plainly,
      secrets: { "env:CRM": "s3cret\nwith a line break" },
    }),
  );
  expect(fault).toMatchObject({ code: "secret_invalid", field: "servers.crm.authSecrets.clientSecret" });
  expect(JSON.stringify([fault.message, fault.data, fault.cause])).not.toMatch(/s3cret/);
});

test("the database holds no secret of a document", async () => {
  await house.configuration.apply(toDocument({ servers: { weather } }), { ...plainly, secrets });
  const [row] = await house.database.query<{ dump: string }>(sql`
    select string_agg(s::text || encode(coalesce(sealed_headers, ''), 'escape'), '') as dump from servers s`);
  expect(row?.dump).toContain("env:TOKEN");
  expect(row?.dump).not.toContain(token);
});

/** The same database, counting what is asked of it. */
