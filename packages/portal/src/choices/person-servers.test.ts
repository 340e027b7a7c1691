import {
  accessMigrations,
  addGrant,
  createPeople,
  createSignInSessions,
  type UserPrincipal,
} from "@castellan/access";
import { callerOf, createOffering, targetOf, type CatalogServer } from "@castellan/calls";
import { plainConnection } from "@castellan/calls/testing";
import { changeMigrations, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, systemClock, type Slug } from "@castellan/kernel";
import { compilePolicies, type Rule } from "@castellan/policy";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OpenPortal } from "../portals/open-portal.ts";
import type { Portal } from "../portals/portal.ts";
import { exampleDefinition, examplePortal, exampleServer } from "../portal-tools/testing.ts";
import { createPersonServers } from "./person-servers.ts";

let database: Database;
let ann: UserPrincipal;

beforeAll(async () => {
  database = await createTestDatabase([changeMigrations, accessMigrations]);
  const people = createPeople({ database, clock: systemClock });
  const input = { directory: "workforce", email: "ann@example.com", name: "Ann" } as const;
  const { id, role, directory, email, name, groups } = await people.add(input, { by: "owner" });
  ann = {
    kind: "user",
    id,
    role,
    directory,
    email,
    name,
    groups,
    scopes: undefined,
    grantId: undefined,
    clientId: undefined,
    provider: "local",
    amr: ["pwd"],
    provedAtMs: undefined,
    claims: {},
  };
});
afterAll(() => database[Symbol.asyncDispose]());

const server = (slug: string, title: string) =>
  exampleServer(slug, { title, definitions: [exampleDefinition(slug, { name: "t" })] });
const [mail, wiki, crm] = [server("mail", "Mail"), server("wiki", "An old wiki"), server("crm", "CRM")];

function open(slug: string, servers: readonly CatalogServer[], access: Portal["access"]): OpenPortal {
  const offering = createOffering({ servers, naming: "prefixed" });
  const portal = examplePortal(servers, { slug: slug as Slug, title: `The ${slug}`, access });
  return { portal, servers, isNarrowed: false, part: "", scope: (era) => offering.scope(era) };
}

const everyone = (...servers: string[]): Portal["access"] => [
  { who: "everyone", classes: ["read"], ...(servers.length > 0 && { servers }) },
];
const work = open("work", [mail, wiki, crm], everyone());
const home = open("home", [wiki, mail], everyone("wiki"));
const closed = open("closed", [mail], []);

function personServers(...rules: Rule[]) {
  const policies = compilePolicies(rules);
  return createPersonServers({
    database,
    directory: { list: () => [work, closed, home] },
    judgeOf: (person) => policies.judge(callerOf(person), plainConnection),
    clock: systemClock,
  });
}

const at = ({ portal: { id, slug, title } }: OpenPortal) => ({ id, slug, title });

test("each server that somebody can use, once, with the portals that give it to them", async () => {
  expect(await personServers().serversOf(ann)).toEqual([
    { target: targetOf(wiki), portals: [at(home), at(work)] },
    { target: targetOf(crm), portals: [at(work)] },
    { target: targetOf(mail), portals: [at(work)] },
  ]);
  expect(await personServers().serversOf({ ...ann, directory: "customers" })).toEqual([]);
});

test("what rules keep from them wherever they are is not there", async () => {
  const rule: Rule = {
    id: createId("rule"),
    name: "no-wiki",
    description: "",
    at: { portals: ["work"], servers: ["wiki"] },
    action: "block",
    include: [{ email: "ann@example.com" }],
    require: [],
    exclude: [],
    isEnabled: true,
    stepUp: undefined,
    purpose: undefined,
    approval: undefined,
    startsAt: undefined,
    endsAt: undefined,
    managedBy: undefined,
    version: 1,
    createdAt: new Date(0),
    updatedAt: new Date(0),
  };
  const found = await personServers(rule).serversOf(ann);
  expect(found.map(({ target, portals }) => [target.slug, portals.map(({ slug }) => slug)])).toEqual([
    ["wiki", ["home"]],
    ["crm", ["work"]],
    ["mail", ["work"]],
  ]);
});

test("the clients that they let in, by the name of the newest grant that lives", async () => {
  const sessions = createSignInSessions({ database, clock: systemClock });
  const { session } = await sessions.begin({
    user: { id: ann.id },
    provider: "local",
    amr: ["pwd"],
    address: "192.0.2.1",
    userAgent: "a browser",
    lifetimeMs: 60_000,
  });
  const grant = (clientId: string, clientName: string, portal: string | undefined, ttlMs = 60_000) =>
    addGrant(database, {
      userId: ann.id,
      clientId,
      clientName,
      portal,
      scopes: [],
      signInId: session.id,
      createdAt: new Date(Date.now() - 1_000),
      expiresAt: new Date(Date.now() + ttlMs),
    });
  await grant("https://one.example", "Old name", "home");
  await grant("https://one.example", "One", "work");
  await grant("https://two.example", "A second", "work");
  await grant("https://gone.example", "Gone", "work", -500);
  await grant("https://api.example", "Only for the API", undefined);
  expect(await personServers().clientsOf(ann.id)).toEqual([
    { id: "https://two.example", name: "A second" },
    { id: "https://one.example", name: "One" },
  ]);
});
