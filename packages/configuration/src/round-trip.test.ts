/** Whatever an installation is like: its export makes the same one again, on an empty database. */
import { createTrustedIssuerStore } from "@castellan/access";
import {
  everything,
  readServerDecisions,
  type Approval,
  type Curation,
  type NewServer,
  type SecretRef,
} from "@castellan/calls";
import { authSecretNames } from "@castellan/credentials";
import { sql } from "@castellan/database";
import { isPrintable, parseSlug, systemClock, type Slug } from "@castellan/kernel";
import { clientFeatures } from "@castellan/mcp";
import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compact } from "./document/compact.ts";
import type { ConfigurationDocument } from "./document/document.ts";
import { alias as aliasSchema, kindsByField } from "./document/fields.ts";
import { secretRefs } from "./plan/secrets.ts";
import { openInstallation, plainly, type TestInstallation } from "./testing.ts";
import { parseConfiguration } from "./text/parse.ts";
import { renderConfiguration } from "./text/render.ts";

let house: TestInstallation;

beforeAll(async () => {
  house = await openInstallation();
  const issuers = createTrustedIssuerStore({ database: house.database, clock: systemClock });
  for (const slug of ["entra", "okta"])
    await issuers.add({
      slug,
      title: slug,
      issuer: `https://${slug}.example`,
      audience: "mcp",
      directory: "workforce",
      claims: { subject: "sub", email: "email", name: "name" },
      groupPrefix: "",
      allowedDomains: [],
      requiresVerifiedEmail: true,
      keptClaims: [],
      algorithms: ["RS256"],
      createsUsers: true,
      linksByEmail: false,
      allowPrivate: [],
      isEnabled: true,
    });
});
afterAll(() => house[Symbol.asyncDispose]());

const empty = () => house.database.query(sql`truncate servers, portals, managed_resources cascade`);

const kinds = Object.values(kindsByField);
const slug = fc.stringMatching(/^[a-z](-?[a-z0-9]){0,6}$/).map((text): Slug => parseSlug(text, "slug"));
/** Names as servers make them up: any text, and what means something to YAML, to JavaScript or to paths. */
const name = fc
  .oneof(
    fc
      .string({ minLength: 1, maxLength: 30, unit: codePoint })
      .filter((text) => text.isWellFormed() && !text.includes("\0")),
    fc.constantFrom(
      "a.b",
      "yes",
      "null",
      "1",
      "constructor",
      "- x",
      "a: b",
      "# c",
      " ",
      "é",
      "file:///x?y=[1]",
      "\r\n",
      "\u0085",
    ),
  )
  .filter((text) => text !== "__proto__");
const prose = fc
  .array(
    fc.oneof(
      fc.string({ maxLength: 9, unit: "grapheme" }),
      fc.constantFrom("\n", "\t", "  ", "# x", ": ", "- "),
    ),
  )
  .map((parts) => parts.join(""))
  .filter((text) => isPrintable(text.replaceAll(/[\n\t]/g, "")));
const title = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const count = fc.integer({ min: 1, max: 1000 });
const autoAccept = fc.subarray(kinds).chain((some) => fc.shuffledSubarray(some, { minLength: some.length }));
const byName = <T>(value: fc.Arbitrary<T>) =>
  fc
    .array(fc.tuple(name, value), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries) as Record<string, T>);
const optional = { requiredKeys: [] as never[] };

const callLimits = { callsPerMinute: count, concurrency: count };
const timedLimits = { ...callLimits, timeoutSeconds: count, perPerson: fc.record(callLimits, optional) };
const header = fc.record({
  value: fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/),
  ref: fc.option(fc.stringMatching(/^env:[A-Z]{1,3}$/), { nil: undefined }),
});
const fingerprint = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`);

/** Auths with the secrets that each wants; of a header that one sets, none is sent beside it. */
const auth = fc.oneof(
  fc.constantFrom<Authorized>(
    { auth: { kind: "auto" } },
    { auth: { kind: "none" } },
    { auth: { kind: "own_account", programs: "shared", scopes: ["a", "b:c"] } },
    { auth: { kind: "identity", audience: "urn:x y", groups: true } },
  ),
  fc.stringMatching(/^[!-~]{1,20}$/).chain((secret) =>
    fc.constantFrom<Authorized>(
      { auth: { kind: "bearer" }, authSecrets: { token: secret } },
      { auth: { kind: "basic", username: "# me" }, authSecrets: { password: secret } },
      { auth: { kind: "own_key", header: "x-api-key" }, authSecrets: { token: secret } },
      {
        auth: {
          kind: "client_credentials",
          issuer: "https://login.example/tenant/",
          client: { id: "us", authMethod: "client_secret_post" },
          endpoints: { token: "https://login.example/token" },
        },
        authSecrets: { clientSecret: secret },
        authRefs: { clientSecret: { secretRef: `env:OF_${Buffer.from(secret).toString("hex")}` } },
      },
    ),
  ),
);

type Authorized = Pick<NewServer, "auth" | "authSecrets" | "authRefs">;

const server = fc.record({
  auth,
  slug,
  title: fc.option(title, { nil: undefined }),
  description: fc.oneof(title, fc.constant("")),
  url: fc.webUrl({ validSchemes: ["https"], withQueryParameters: true }).map((text) => new URL(text)),
  headers: fc.dictionary(fc.constantFrom("authorization", "x-key", "x-team", "x_team"), header),
  transport: fc.constantFrom("auto", "streamable-http", "sse"),
  allowPrivate: fc.subarray(["10.0.0.0/8", "intranet.example", "db.example:81"]),
  clientFeatures: fc.subarray([...clientFeatures]),
  uiHosts: fc.subarray(["a.example", "*.b.example.com"]),
  autoAccept,
  limits: fc.record({ ...timedLimits, tools: byName(fc.record(timedLimits, optional)) }, optional),
  syncIntervalSeconds: fc.option(fc.integer({ min: 600, max: 10_000 }), { nil: undefined }),
  managedBy: fc.constantFrom(undefined, "main", "other"),
  approvals: fc.uniqueArray(
    fc
      .record({
        kind: fc.constantFrom(...kinds),
        name,
        fingerprint,
        class: fc.constantFrom("read", "write", undefined),
      })
      // A class is of tools only.
      .map(({ class: can, ...one }) => (can && one.kind === "tool" ? { ...one, class: can } : one)),
    { maxLength: 6, selector: ({ kind, name }) => `${kind} ${name}` },
  ),
  rejections: fc.uniqueArray(fc.record({ kind: fc.constantFrom(...kinds), name, fingerprint }), {
    maxLength: 3,
    selector: ({ kind, name }) => `${kind} ${name}`,
  }),
});

const alias = fc.stringMatching(/^[a-z]{2,8}$/).filter((text) => aliasSchema.safeParse(text).success);
const described = { enabled: fc.boolean(), description: prose.filter((text) => text !== "") };
const curation = fc.record({
  mode: fc.constantFrom("all", "allowlist"),
  entries: fc.record({
    tool: byName(fc.record({ ...described, alias }, optional)),
    prompt: byName(fc.record({ ...described, alias }, optional)),
    resource: byName(fc.record(described, optional)),
    resource_template: byName(fc.record(described, optional)),
  }),
}) as fc.Arbitrary<Curation>;

const portal = fc.record({
  slug,
  title,
  naming: fc.constantFrom("prefixed", "plain"),
  instructions: prose,
  hostname: fc.option(
    fc.stringMatching(/^[a-z]{3,9}$/).map((label) => `${label}.example`),
    { nil: undefined },
  ),
  autoAccept,
  isListed: fc.boolean(),
  isReadOnly: fc.boolean(),
  codeMode: fc.constantFrom("allowed" as const, "forced" as const, "forbidden" as const),
  directory: fc.constantFrom("workforce" as const, "customers" as const),
  rules: fc.array(
    fc.record({
      who: fc.constantFrom("everyone", "group:A b", "user:a@b.example"),
      classes: fc.subarray(["read", "write", "destructive"] as const, { minLength: 1 }),
      isOfFirst: fc.boolean(),
      until: fc.constantFrom(undefined, "2020-01-01T00:00:00.000Z", "2099-01-01T00:00:00.000Z"),
    }),
    { maxLength: 3 },
  ),
  publicLimits: fc.record({
    requestsPerMinute: fc.constantFrom(1, 1_200),
    requestsPerMinutePerAddress: fc.constantFrom(120, 7),
  }),
  trustedIssuers: fc.subarray(["entra", "okta"]),
  managedBy: fc.constantFrom(undefined, "main"),
  servers: fc.array(fc.tuple(fc.nat(), fc.option(curation, { nil: undefined })), { maxLength: 6 }),
});

const platform = fc.record({
  servers: fc.uniqueArray(server, { maxLength: 8, selector: ({ slug }) => slug }),
  portals: fc.uniqueArray(portal, { maxLength: 5, selector: ({ slug }) => slug }),
});

type Platform = typeof platform extends fc.Arbitrary<infer T> ? T : never;

/** Makes it through the stores, as people do by hand. What cannot be is left out: a host name or an alias twice. */
async function build({ servers, portals }: Platform): Promise<void> {
  for (const { approvals, rejections, headers, title, auth, ...one } of servers) {
    const isSettled = auth.auth?.kind === "auto" || auth.auth?.kind === "none";
    const named = Object.entries(headers).filter(([header]) => isSettled || header !== "authorization");
    const refs = named.flatMap(([header, { ref }]): [string, SecretRef][] =>
      ref ? [[header, { secretRef: ref }]] : [],
    );
    await house.servers.add({
      ...one,
      ...auth,
      title: title ?? one.slug,
      headers: Object.fromEntries(named.map(([header, { value }]) => [header, value])),
      headerRefs: Object.fromEntries(refs),
    });
    await house.reviews.expect(one.slug, approvals as Approval[], "someone");
    await house.reviews.expectRejections(one.slug, rejections, "someone");
  }
  const hosts = new Set<string>();
  for (const { servers: places, hostname, rules, ...one } of portals) {
    const isFree = hostname !== undefined && !hosts.has(hostname);
    if (isFree) hosts.add(hostname);
    const seen = new Set<string>();
    const listed = places.flatMap(([index, curated]) => {
      const server = servers.length === 0 ? undefined : servers[index % servers.length]?.slug;
      if (server === undefined || seen.has(server)) return [];
      seen.add(server);
      return [{ server, curation: curated ?? everything }];
    });
    const [first] = listed;
    await house.portals.add({
      ...one,
      access: rules.map(({ isOfFirst, ...rule }) => ({
        ...rule,
        ...(isOfFirst && first && { servers: [first.server] }),
      })),
      hostname: isFree ? hostname : undefined,
      servers: withoutSameAliases(listed),
    });
  }
}

function withoutSameAliases(servers: { server: string; curation: Curation }[]) {
  const seen = new Set<string>();
  const own = (entries: Curation["entries"]["tool"]) =>
    Object.fromEntries(
      Object.entries(entries).map(([name, { alias, ...entry }]) => {
        if (alias === undefined || seen.has(alias)) return [name, entry];
        seen.add(alias);
        return [name, { ...entry, alias }];
      }),
    );
  return servers.map(({ server, curation: { mode, entries } }) => ({
    server,
    curation: { mode, entries: { ...entries, tool: own(entries.tool), prompt: own(entries.prompt) } },
  }));
}

/** All that an admin has decided, secrets included, without what is the installation's own. */
async function decided() {
  const decisions = await readServerDecisions(house.database);
  const servers = (await house.servers.list()).map(async ({ server }) => ({
    slug: server.slug,
    title: server.title,
    description: server.description,
    url: server.url,
    transport: server.transport,
    headers: await house.servers.headersOf(server.id),
    auth: server.auth,
    authSecrets: await house.servers.authSecretsOf(server.id),
    allowPrivate: server.allowPrivate,
    clientFeatures: server.clientFeatures,
    uiHosts: server.uiHosts,
    autoAccept: server.autoAccept.toSorted(),
    // No limits, and limits of nothing, are one.
    limits: compact(server.limits),
    syncIntervalSeconds: server.syncIntervalSeconds,
    decisions: decisions.get(server.id),
  }));
  const portals = (await house.portals.list()).map((portal) => ({
    slug: portal.slug,
    title: portal.title,
    naming: portal.naming,
    instructions: portal.instructions,
    hostname: portal.hostname,
    autoAccept: portal.autoAccept.toSorted(),
    isListed: portal.isListed,
    directory: portal.directory,
    access: portal.access,
    isReadOnly: portal.isReadOnly,
    codeMode: portal.codeMode,
    publicLimits: portal.publicLimits,
    trustedIssuers: portal.trustedIssuers,
    servers: portal.servers,
    curations: portal.serverIds.map((id) => portal.curations.get(id) ?? everything),
  }));
  return { servers: await Promise.all(servers), portals };
}

/** The values that belong to the references of an export. */
async function secretsOf({ servers }: ConfigurationDocument) {
  const secrets: Record<string, string> = {};
  for (const [slug, { headers, authSecrets }] of Object.entries(servers)) {
    const { server } = await house.servers.get(slug);
    const values = await house.servers.headersOf(server.id);
    for (const [header, { secretRef }] of Object.entries(headers)) secrets[secretRef] = values[header] ?? "";
    const known = await house.servers.authSecretsOf(server.id);
    for (const name of authSecretNames)
      if (authSecrets[name]) secrets[authSecrets[name].secretRef] = known[name] ?? "";
  }
  return secrets;
}

test("an export makes the same installation again, and applied twice it changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(platform, async (wanted) => {
      await empty();
      // One place holds one secret.
      const values = new Map<string, string>();
      for (const { headers } of wanted.servers)
        for (const one of Object.values(headers))
          if (one.ref !== undefined)
            one.value = values.get(one.ref) ?? (values.set(one.ref, one.value), one.value);
      await build(wanted);
      const before = await decided();
      const exported = await house.configuration.export("main");
      const { document } = parseConfiguration(renderConfiguration(exported), "export.yaml");
      expect(parseConfiguration(JSON.stringify(exported), "export.json").document).toEqual(document);
      const secrets = await secretsOf(document);
      expect(Object.keys(secrets).toSorted()).toEqual(secretRefs(document));

      await empty();
      await house.configuration.apply(document, { ...plainly, secrets });
      expect(await decided()).toEqual(before);
      expect(await house.configuration.export("main")).toEqual(exported);

      const versions = await house.servers.list();
      const portals = await house.portals.list();
      const { changes, toSync } = await house.configuration.apply(document, {
        ...plainly,
        secrets,
        prune: true,
      });
      expect([changes, toSync]).toEqual([[], []]);
      expect([await house.servers.list(), await house.portals.list()]).toEqual([versions, portals]);
    }),
    { numRuns: 12 },
  );
}, 120_000);
