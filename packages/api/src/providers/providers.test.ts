import { startCompanyIdp, type CompanyIdp } from "@castellan/access/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestApi, type TestApi } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let idp: CompanyIdp;
let owner: Client;
let admin: Client;

beforeAll(async () => {
  house = await createTestApi();
  idp = await startCompanyIdp();
  owner = createClient(house.app, await house.createToken({ role: "owner" }));
  admin = createClient(house.app, await house.createToken({ role: "admin" }));
});
afterAll(async () => {
  await idp[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

let made = 0;
const newProvider = (over: object = {}) => ({
  slug: `corp-${++made}`,
  issuer: idp.issuer,
  clientId: "castellan",
  clientSecret: "the-secret-itself",
  allowPrivate: ["127.0.0.1"],
  ...over,
});
const newIssuer = (over: object = {}) => {
  const { clientId: _, clientSecret: __, ...rest } = newProvider();
  return { ...rest, audience: `audience-${made}`, ...over };
};

test("a provider begins careful: it makes nobody, links nobody, and believes verified addresses only", async () => {
  const { body } = await owner("POST", "/providers", newProvider({ slug: "corp" }));
  const { createdAt, updatedAt, ...shown } = body as { createdAt: string; updatedAt: string };
  expect(createdAt).toBe(updatedAt);
  expect(shown).toEqual({
    slug: "corp",
    title: "corp",
    directory: "workforce",
    issuer: idp.issuer,
    clientId: "castellan",
    hasClientSecret: true,
    scopes: ["email", "profile"],
    claims: { subject: "sub", email: "email", name: "name" },
    groupPrefix: "",
    allowedDomains: [],
    requiresVerifiedEmail: true,
    keptClaims: [],
    createsUsers: false,
    linksByEmail: false,
    allowPrivate: ["127.0.0.1"],
    isEnabled: true,
    redirectUri: "http://localhost/sign-in/callback/corp",
    version: 1,
  });
});

test("a secret is in no answer", async () => {
  const body = newProvider();
  const answers = [
    await owner("POST", "/providers", body),
    await owner("GET", `/providers/${body.slug}`),
    await owner("GET", "/providers"),
    await owner("PATCH", `/providers/${body.slug}`, { clientSecret: "the-secret-itself-2" }),
    await owner("PATCH", `/providers/${body.slug}`, { clientSecret: "the-secret\n" }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 400]);
  expect(JSON.stringify(answers)).not.toContain("the-secret");
});

test("who is an admin reads them, and changes none: whoever says who is who could be the owner", async () => {
  const provider = newProvider();
  const issuer = newIssuer();
  expect((await owner("POST", "/providers", provider)).status).toBe(201);
  expect((await owner("POST", "/trusted-issuers", issuer)).status).toBe(201);
  for (const [path, body] of [
    [`/providers/${provider.slug}`, newProvider()],
    [`/trusted-issuers/${issuer.slug}`, newIssuer()],
  ] as const) {
    const collection = path.slice(0, path.lastIndexOf("/"));
    expect((await admin("GET", path)).status).toBe(200);
    for (const [method, at, sent] of [
      ["POST", collection, body],
      ["PATCH", path, { linksByEmail: true }],
      ["DELETE", path, undefined],
    ] as const)
      expect([method, at, await admin(method, at, sent)]).toMatchObject([
        method,
        at,
        { status: 403, body: { code: "permission_required" } },
      ]);
  }
});

test.each([
  ["slug", { slug: "local" }],
  ["issuer", { issuer: 42 }],
  ["scopes[0]", { scopes: ["a b"] }],
  ["scopes[1]", { scopes: ["email", '"'] }],
  ["allowedDomains[0]", { allowedDomains: ["@corp.example"] }],
  ["allowedDomains[0]", { allowedDomains: ["corp"] }],
  ["claims.subject", { claims: { subject: "" } }],
  ["claims.role", { claims: { role: "roles" } }],
  ["groupMap.a", { groupMap: { a: "\u202Ex" } }],
  ["role", { role: "owner" }],
])("a provider whose %s is wrong is refused, naming it", async (field, over) => {
  const { status, body } = await owner("POST", "/providers", newProvider(over));
  expect([status, body]).toMatchObject([400, { code: "invalid_input", field }]);
});

test.each([
  ["algorithms", { algorithms: [] }],
  ["algorithms[0]", { algorithms: ["HS256"] }],
  ["algorithms[0]", { algorithms: ["none"] }],
  ["audience", { audience: "" }],
  ["jwksUri", { jwksUri: "https://169.254.169.254/keys" }],
])("a trusted issuer whose %s is wrong is refused, naming it", async (field, over) => {
  const { status, body } = await owner("POST", "/trusted-issuers", newIssuer(over));
  expect([status, body]).toMatchObject([400, { field }]);
});

test("what never changes cannot be changed", async () => {
  const { slug } = newProvider({ slug: "corp" });
  for (const change of [{ issuer: "https://evil.example" }, { directory: "customers" }, { slug: "other" }])
    expect(await owner("PATCH", `/providers/${slug}`, change)).toMatchObject({
      status: 400,
      body: { code: "invalid_input", field: Object.keys(change)[0] },
    });
});

test("claims that are not named stay what they are", async () => {
  const { slug } = newProvider();
  const claims = { subject: "oid", groups: "roles" };
  await owner("POST", "/providers", newProvider({ slug, claims }));
  expect(await owner("PATCH", `/providers/${slug}`, { claims: { email: "upn" } })).toMatchObject({
    body: { version: 2, claims: { subject: "oid", email: "upn", name: "name", groups: "roles" } },
  });
  const { body } = await owner("PATCH", `/providers/${slug}`, { claims: { groups: null } });
  expect((body as { claims: object }).claims).toEqual({ subject: "oid", email: "upn", name: "name" });
});

test("a trusted issuer that goes leaves the portals that took its tokens", async () => {
  const issuer = newIssuer();
  await owner("POST", "/trusted-issuers", issuer);
  await owner("POST", "/portals", { slug: "work", trustedIssuers: [issuer.slug] });
  expect((await owner("GET", "/portals/work")).body).toMatchObject({ trustedIssuers: [issuer.slug] });
  expect((await owner("DELETE", `/trusted-issuers/${issuer.slug}`)).status).toBe(204);
  expect((await owner("GET", "/portals/work")).body).toMatchObject({ trustedIssuers: [] });
});
