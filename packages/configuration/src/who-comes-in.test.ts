/** Groups, providers, trusted issuers and clients: as a document says, whose they are, and made again from an export. */
import { isFault } from "@castellan/kernel";
import { afterAll, beforeEach, expect, test } from "vitest";
import { secretRefs } from "./plan/secrets.ts";
import { faultOf, openInstallation, plainly, toDocument } from "./testing.ts";
import { parseConfiguration } from "./text/parse.ts";
import { renderConfiguration } from "./text/render.ts";

const house = await openInstallation();
afterAll(() => house[Symbol.asyncDispose]());
beforeEach(() => house.empty());

const { configuration } = house;
const entra = { issuer: "https://login.example/v2.0", clientId: "castellan" };
const withSecret = { ...entra, clientSecret: { secretRef: "env:ENTRA" } };
const secrets = { "env:ENTRA": "s3cret" };
const okta = { issuer: "https://okta.example", audience: "mcp" };
const nightly = { authMethod: "client_secret_basic", grantTypes: ["client_credentials"] };

const apply = (rest: object, how: Partial<typeof plainly> = {}) =>
  configuration.apply(toDocument(rest), { ...plainly, ...how });
const refusal = (rest: object, how: Partial<typeof plainly> = {}) => faultOf(apply(rest, how));
const told = (changes: readonly { kind: string; action: string; slug: string }[]) =>
  changes.map(({ kind, action, slug }) => `${action} ${kind} ${slug}`);

const secretOfEntra = async () => (await house.providers.secretsOf(["entra"])).get("entra");

const everything = {
  groups: {
    workforce: { Editors: { description: "They write" }, "A b.c": {}, constructor: {} },
    customers: { Editors: {} },
  },
  providers: {
    entra: {
      ...withSecret,
      title: "Entra",
      scopes: ["email"],
      claims: { subject: "oid", email: "upn", name: "name", groups: "roles" },
      groupMap: { "0-1": "Editors" },
      groupPrefix: "entra/",
      allowedDomains: ["example.com"],
      requiresVerifiedEmail: false,
      keptClaims: ["department", "realm_access.roles"],
      createsUsers: true,
      linksByEmail: true,
      allowPrivate: ["10.0.0.0/8"],
      isEnabled: false,
    },
    shop: { ...entra, directory: "customers" },
  },
  trustedIssuers: {
    okta: {
      ...okta,
      title: "Okta",
      jwksUri: "https://okta.example/keys",
      algorithms: ["ES256"],
      scopesClaim: "scp",
      directory: "customers",
      claims: { subject: "uid", email: "email", name: "name" },
    },
  },
  servers: { maps: { url: "https://maps.example/mcp" } },
  portals: { work: { servers: ["maps"], directory: "customers", trustedIssuers: ["okta"] } },
  clients: {
    nightly: { ...nightly, name: "Nightly", scopes: ["portal:work", "maps:write"], mayIntrospect: true },
    cli_0199c7e0a1b27000800000000000abcd: {
      authMethod: "private_key_jwt",
      uri: "https://app.example/",
      redirectUris: ["https://app.example/cb", "http://127.0.0.1/cb"],
      jwks: { keys: [{ kty: "EC", crv: "P-256", x: "eA", y: "eQ" }] },
    },
  },
};

test("an export makes the same installation again, and applied twice it changes nothing", async () => {
  const first = await apply(everything, { secrets });
  expect(told(first.changes)).toEqual([
    "create group customers Editors",
    "create group workforce A b.c",
    "create group workforce Editors",
    "create group workforce constructor",
    "create provider entra",
    "create provider shop",
    "create trusted_issuer okta",
    "create client cli_0199c7e0a1b27000800000000000abcd",
    "create client nightly",
    "create server maps",
    "create portal work",
  ]);
  const exported = await configuration.export("main");
  expect(exported).toEqual({ apiVersion: "castellan/v1", name: "main", ...everything });
  const { document } = parseConfiguration(renderConfiguration(exported), "main.yaml");
  expect(secretRefs(document)).toEqual(["env:ENTRA"]);

  await house.empty();
  await configuration.apply(document, { ...plainly, secrets });
  expect(await configuration.export("main")).toEqual(exported);
  expect(await secretOfEntra()).toBe("s3cret");
  const again = await configuration.apply(document, { ...plainly, secrets, prune: true });
  expect(again.changes).toEqual([]);
});

test("an installation that was made by hand comes under a file", async () => {
  await house.groups.add({ directory: "workforce", name: "Editors", description: "They write" });
  const provider = toDocument({ providers: { entra: everything.providers.entra } }).providers["entra"];
  const { clientSecret: _, ...fields } = provider ?? {};
  await house.providers.add({ slug: "entra", ...(fields as object), clientSecret: "by hand" } as never);
  const { client } = await house.clients.add(
    { name: "CI", redirectUris: [], scopes: [], mayIntrospect: false, ...nightly } as never,
    "usr_1",
  );
  const exported = await configuration.export("main");
  expect(exported).toMatchObject({
    groups: { workforce: { Editors: { description: "They write" } } },
    providers: { entra: { clientSecret: { secretRef: "env:PROVIDER_ENTRA_CLIENTSECRET" } } },
    clients: { [client.id]: { name: "CI" } },
  });
  const { document } = parseConfiguration(renderConfiguration(exported), "main.yaml");
  const given = { "env:PROVIDER_ENTRA_CLIENTSECRET": "by hand" };
  expect(await faultOf(configuration.plan(document, { ...plainly, secrets: given }))).toMatchObject({
    code: "resource_not_managed",
    field: "providers.entra",
    data: { resources: [{ kind: "provider", slug: "entra", managedBy: undefined }] },
  });
  const { changes } = await configuration.apply(document, { ...plainly, secrets: given, adopt: true });
  expect(told(changes)).toEqual([
    "update group workforce Editors",
    "update provider entra",
    `update client ${client.id}`,
  ]);
  expect((await house.clients.get(client.id)).secrets).toHaveLength(1);
  expect((await configuration.apply(document, plainly)).changes).toEqual([]);
});

test("a field that is not in the document any more has its default again, and what changes is told", async () => {
  await apply(everything, { secrets });
  const { changes } = await apply({ providers: { entra: { ...withSecret, title: "Entra ID" } } });
  expect(changes).toHaveLength(1);
  expect(changes[0]?.fields).toContainEqual({ path: "title", before: "Entra", after: "Entra ID" });
  expect(changes[0]?.fields).toContainEqual({ path: "groupMap", before: { "0-1": "Editors" } });
  expect(changes[0]?.fields).toContainEqual({ path: "claims.groups", before: "roles" });
  expect(await house.providers.get("entra")).toMatchObject({
    title: "Entra ID",
    groupMap: undefined,
    claims: { subject: "sub", email: "email", name: "name" },
    isEnabled: true,
    hasClientSecret: true,
  });
});

test("a secret that is not given is kept if it came from the same place, and never told", async () => {
  await apply({ providers: { entra: withSecret } }, { secrets });
  const elsewhere = { providers: { entra: { ...entra, clientSecret: { secretRef: "file:entra" } } } };
  expect(await refusal(elsewhere)).toMatchObject({
    code: "secret_missing",
    field: "providers.entra.clientSecret",
    data: { missing: [{ field: "providers.entra.clientSecret", secretRef: "file:entra" }] },
  });
  expect(await refusal(elsewhere, { secrets: { "file:entra": "a\nb" } })).toMatchObject({
    code: "secret_invalid",
    field: "providers.entra.clientSecret",
  });
  expect((await apply({ providers: { entra: withSecret } })).changes).toEqual([]);
  const rotated = await apply({ providers: { entra: withSecret } }, { secrets: { "env:ENTRA": "new" } });
  expect(rotated.changes[0]?.fields).toEqual([{ path: "clientSecret", secret: "changed" }]);
  expect(await secretOfEntra()).toBe("new");
  expect(JSON.stringify([rotated.changes, await configuration.export("main")])).not.toMatch(/new|s3cret/);
  await apply({ providers: { entra } });
  expect((await house.providers.get("entra")).hasClientSecret).toBe(false);
});

test("prune removes what the file made and no longer names, and nothing else", async () => {
  await apply({ ...everything, portals: {}, clients: { nightly } }, { secrets });
  await apply({ name: "other", groups: { workforce: { Others: {} } } });
  await house.groups.add({ directory: "workforce", name: "By hand" });
  await apply({});
  expect((await configuration.export("main")).clients).toBeDefined();
  const { changes } = await apply({ groups: { workforce: { "A b.c": {} } } }, { prune: true });
  expect(told(changes)).toEqual([
    "remove group customers Editors",
    "remove group workforce Editors",
    "remove group workforce constructor",
    "remove provider entra",
    "remove provider shop",
    "remove trusted_issuer okta",
    "remove client nightly",
    "remove server maps",
  ]);
  expect(await configuration.export("main")).toEqual({
    apiVersion: "castellan/v1",
    name: "main",
    groups: { workforce: { "A b.c": {}, "By hand": {}, Others: {} } },
    servers: {},
    portals: {},
  });
});

test("what is called the same as something that the file once made is not the file's", async () => {
  await apply({ groups: { workforce: { Editors: {} } } });
  const [group] = (await house.groups.page({ limit: 1 })).items;
  if (group) await house.groups.remove(group.id);
  await house.groups.add({ directory: "workforce", name: "Editors", description: "Another one" });
  expect((await apply({}, { prune: true })).changes).toEqual([]);
  expect(await refusal({ groups: { workforce: { Editors: {} } } })).toMatchObject({
    code: "resource_not_managed",
    field: "groups.workforce.Editors",
  });
});

test("a group or an issuer that a portal names is not pruned, whoever made the portal", async () => {
  const named = {
    groups: { workforce: { Editors: {} } },
    trustedIssuers: { okta },
  };
  await apply(named);
  const prune = { prune: true };
  await apply({ name: "other", portals: { p: { access: [{ who: "group:Editors", classes: ["read"] }] } } });
  expect(await refusal({}, prune)).toMatchObject({
    code: "resource_in_use",
    data: { kind: "group", name: "workforce Editors", portal: "p" },
  });
  await apply({ name: "other", portals: { p: { trustedIssuers: ["okta"] } } });
  expect(await refusal({}, prune)).toMatchObject({
    code: "resource_in_use",
    data: { kind: "trusted_issuer", name: "okta", portal: "p" },
  });
  // A group of the other directory is another one.
  await apply({
    name: "other",
    portals: { p: { directory: "customers", access: [{ who: "group:Editors", classes: ["read"] }] } },
  });
  expect(told((await apply({}, prune)).changes)).toEqual([
    "remove group workforce Editors",
    "remove trusted_issuer okta",
  ]);
});

test("what everything else hangs on stays", async () => {
  const client = { clients: { nightly } };
  await apply({ providers: { entra }, trustedIssuers: { okta }, ...client });
  for (const [change, field] of [
    [{ providers: { entra: { ...entra, issuer: "https://else.example" } } }, "providers.entra.issuer"],
    [{ trustedIssuers: { okta: { ...okta, directory: "customers" } } }, "trustedIssuers.okta.directory"],
    [
      { clients: { nightly: { ...nightly, authMethod: "client_secret_post" } } },
      "clients.nightly.authMethod",
    ],
  ] as const)
    expect(await refusal(change)).toMatchObject({ code: "field_unchangeable", field });
});

test.each([
  [
    { providers: { entra: { ...entra, issuer: "http://10.0.0.1" } } },
    "outbound_refused",
    "providers.entra.issuer",
  ],
  [
    { trustedIssuers: { okta: { ...okta, jwksUri: "https://10.0.0.1/" } } },
    "outbound_refused",
    "trustedIssuers.okta.jwksUri",
  ],
  [
    { clients: { nightly: { ...nightly, scopes: ["portal:none"] } } },
    "portal_not_found",
    "clients.nightly.scopes[0]",
  ],
  [
    { clients: { nightly: { ...nightly, scopes: ["none:read"] } } },
    "server_unknown",
    "clients.nightly.scopes[0]",
  ],
  [{ clients: { nightly: { authMethod: "none" } } }, "invalid_input", "clients.nightly.redirectUris"],
  [{ portals: { p: { trustedIssuers: ["okta"] } } }, "trusted_issuer_unknown", "portals.p.trustedIssuers"],
  [{ trustedIssuers: { a: okta, b: okta } }, "trusted_issuer_taken", "trustedIssuers.b.audience"],
])("%j is refused: %s", async (rest, code, field) => {
  expect(await refusal(rest)).toMatchObject({ code, field });
  expect(await configuration.export("main")).toEqual({
    apiVersion: "castellan/v1",
    name: "main",
    servers: {},
    portals: {},
  });
});

test("who is no owner changes nothing that says who somebody is", async () => {
  for (const [rest, words] of [
    [{ providers: { entra } }, 'the provider "entra"'],
    [{ trustedIssuers: { okta } }, 'the trusted issuer "okta"'],
  ] as const) {
    const fault = await refusal(rest, { isOwner: false });
    expect([fault.code, fault.message.includes(words)]).toEqual(["permission_required", true]);
    await apply(rest);
    // Also not by taking it away; but a document that changes nothing about it is anybody's.
    expect((await refusal({}, { isOwner: false, prune: true })).code).toBe("permission_required");
    expect((await apply(rest, { isOwner: false })).changes).toEqual([]);
  }
});

test("a client that registered itself is not taken over", async () => {
  const { client } = await house.clients.register({
    name: "Editor",
    uri: undefined,
    redirectUris: ["http://127.0.0.1/cb"],
    authMethod: "none",
    grantTypes: ["authorization_code"],
    jwks: undefined,
    jwksUri: undefined,
  });
  const rest = { clients: { [client.id]: { authMethod: "none", redirectUris: ["https://app.example/"] } } };
  expect((await refusal(rest, { adopt: true })).code).toBe("client_not_registered");
  expect(Object.hasOwn(await configuration.export("main"), "clients")).toBe(false);
});

test("a client comes without a secret, gets one by hand, and keeps it", async () => {
  await apply({ clients: { nightly } });
  expect((await house.clients.get("nightly")).secrets).toEqual([]);
  await house.clients.rotateSecret("nightly", 0);
  await apply({ clients: { nightly: { ...nightly, name: "Every night" } } });
  const { name, secrets: kept } = await house.clients.get("nightly");
  expect([name, kept.length]).toEqual(["Every night", 1]);
});

test("a plan that somebody has changed something under is not applied", async () => {
  await apply({ groups: { workforce: { Editors: {} } } });
  const next = toDocument({ groups: { workforce: { Editors: { description: "Mine" } } } });
  const { basis } = await configuration.plan(next, plainly);
  const [group] = (await house.groups.page({ limit: 1 })).items;
  if (group) await house.groups.change(group.id, { description: "Theirs" });
  const fault = await faultOf(configuration.apply(next, { ...plainly, basis }));
  expect(isFault(fault, "version_stale")).toBe(true);
});
