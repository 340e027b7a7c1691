import { randomBytes } from "node:crypto";
import { accessMigrations, createPeople, type Principal, type UserPrincipal } from "@castellan/access";
import { callMigrations, createServerStore } from "@castellan/calls";
import { newServer } from "@castellan/calls/testing";
import { changeMigrations, createChangeFeed, sql, type ChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock, parseSlug, systemClock, type Id } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { portalMigrations } from "../migrations.ts";
import { createPortalStore } from "../portals/portal-store.ts";
import { maxChoices } from "./choice-store.ts";
import { createChoices, type Choices } from "./choices.ts";

interface Replica {
  readonly choices: Choices;
  readonly changes: ChangeFeed;
}

const clock = createManualClock();
const opened = new AsyncDisposableStack();
const ids = new Map<string, Id<"server">>();
const errors: unknown[] = [];
let database: Database;
let here: Replica;
let there: Replica;
let portalId: string;
let ann: UserPrincipal;
let bob: UserPrincipal;

beforeAll(async () => {
  database = opened.use(
    await createTestDatabase([changeMigrations, accessMigrations, callMigrations, portalMigrations]),
  );
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const servers = createServerStore({ database, vault });
  for (const slug of ["a", "b", "c"]) ids.set(slug, (await servers.add(newServer(slug))).id);
  const portal = await createPortalStore(database).add({
    slug: parseSlug("main", "slug"),
    title: "Main",
    naming: "prefixed",
    servers: ["a", "b", "c"],
  });
  portalId = portal.id;
  [here, there] = [await replica(), await replica()];
});
beforeEach(async () => {
  [ann, bob] = [await person("ann"), await person("bob")];
});
afterEach(() => expect(errors.splice(0)).toEqual([]));
afterAll(() => opened.disposeAsync());

async function replica(): Promise<Replica> {
  const changes = opened.use(await createChangeFeed({ database }));
  const onError = (error: unknown) => errors.push(error);
  return { changes, choices: opened.use(createChoices({ database, changes, clock, onError })) };
}

let count = 0;

async function person(name: string): Promise<UserPrincipal> {
  const people = createPeople({ database, clock: systemClock });
  const email = `${name}${count++}@example.com`;
  const user = await people.add({ directory: "workforce", email, name }, { by: "owner" });
  return { ...by("web"), id: user.id, name, email };
}

/** The same person by a client. */
function by(clientId: string | undefined, who: Partial<UserPrincipal> = {}): UserPrincipal {
  return {
    kind: "user",
    id: "usr_" as Id<"user">,
    name: "",
    role: "member",
    email: "",
    directory: "workforce",
    groups: [],
    scopes: undefined,
    grantId: undefined,
    provider: undefined,
    amr: [],
    provedAtMs: undefined,
    claims: {},
    ...who,
    clientId,
  };
}

const id = (slug: string): string => ids.get(slug) ?? "";
const place = (who: UserPrincipal, slug: string) => ({
  personId: who.id,
  clientId: who.clientId,
  portalId,
  serverId: id(slug),
});

async function offAt({ choices }: Replica, principal: Principal): Promise<string[] | undefined> {
  await choices.meet(principal);
  const off = choices.of(principal)?.offAt(portalId);
  return off && [...ids].filter(([, serverId]) => off.has(serverId)).map(([slug]) => slug);
}

test("a choice is one person's, for one client, on every replica, until it is taken back", async () => {
  const [onDesk, unnamed] = [by("desk", ann), by(undefined, ann)];
  for (const each of [here, there]) expect(await offAt(each, ann)).toEqual([]);
  await here.choices.set(place(ann, "a"), false);
  await here.choices.set(place(ann, "c"), false);
  await here.choices.set(place(ann, "c"), false);
  await here.choices.set(place(unnamed, "b"), false);
  expect(await offAt(here, ann)).toEqual(["a", "c"]);
  await there.changes.flush();
  for (const each of [here, there])
    expect([
      await offAt(each, ann),
      await offAt(each, onDesk),
      await offAt(each, unnamed),
      await offAt(each, bob),
    ]).toEqual([["a", "c"], [], ["b"], []]);
  await there.choices.set(place(ann, "a"), true);
  expect(await offAt(there, ann)).toEqual(["c"]);
  await here.changes.flush();
  expect(await offAt(here, ann)).toEqual(["c"]);
});

test("what was looked up stays true: a stream that holds it needs nothing else", async () => {
  await here.choices.meet(ann);
  const held = here.choices.of(ann);
  await there.choices.set(place(ann, "b"), false);
  await here.changes.flush();
  expect(held?.offAt(portalId)).toEqual(new Set([id("b")]));
});

test("programs and the public have nothing to choose, and who was not met neither", async () => {
  const program: Principal = { kind: "service", id: "tok_1", name: "ci", role: "member", scopes: [] };
  const stranger: Principal = {
    kind: "public",
    id: "public:1",
    name: "public",
    role: "member",
    scopes: undefined,
  };
  for (const each of [program, stranger]) expect(await offAt(here, each)).toBeUndefined();
  expect(here.choices.of(bob)).toBeUndefined();
});

test("listeners hear whose choices are others, where that person is known", async () => {
  const heard: string[] = [];
  await there.choices.meet(ann);
  there.choices.onChange((personId) => heard.push(personId));
  await here.choices.set(place(bob, "a"), false);
  await here.choices.set(place(ann, "a"), false);
  await here.choices.set(place(ann, "b"), true);
  await there.changes.flush();
  expect(heard).toEqual([ann.id]);
});

test("a server is new to one who asks only, whoever asks at the same moment", async () => {
  for (const { choices } of [here, there]) await choices.meet(ann);
  const tell = ({ choices }: Replica, ...slugs: string[]) =>
    choices.tell({ personId: ann.id, portalId, serverIds: slugs.map(id) });
  const told = await Promise.all([
    tell(here, "a", "b"),
    tell(there, "b", "a"),
    tell(here, "b", "c"),
    tell(there, "c"),
  ]);
  expect(told.flat().toSorted()).toEqual([...ids.values()].toSorted());
  expect(await tell(here, "a", "b", "c")).toEqual([]);
  await there.changes.flush();
  expect(there.choices.of(ann)?.toldAt(portalId)).toEqual(new Set(ids.values()));
  expect(await here.choices.read(bob.id)).toEqual({ off: [], told: [] });
});

test("the first visit is noted behind the caller, once", async () => {
  await here.choices.meet(ann);
  const noted = Promise.withResolvers<void>();
  here.choices.onChange(() => noted.resolve());
  const told = { personId: ann.id, portalId, serverIds: ["a", "b"].map(id) };
  for (let visit = 0; visit < 3; visit++) here.choices.welcome(told);
  await noted.promise;
  expect(here.choices.of(ann)?.toldAt(portalId)).toEqual(new Set(told.serverIds));
});

test("nothing is chosen of what is gone, and with a person go their choices", async () => {
  await here.choices.set(place(ann, "a"), false);
  await here.choices.tell({ personId: ann.id, portalId, serverIds: [id("a")] });
  const nowhere = { ...place(ann, "a"), serverId: "srv_gone" };
  await here.choices.set(nowhere, false);
  expect(await here.choices.tell({ personId: ann.id, portalId: "prt_gone", serverIds: [id("b")] })).toEqual(
    [],
  );
  expect(await here.choices.tell({ personId: ann.id, portalId, serverIds: ["srv_gone"] })).toEqual([]);
  const { off, told } = await here.choices.read(ann.id);
  expect([off.length, told.length]).toEqual([1, 1]);
  await database.query(sql`delete from users where id = ${ann.id}`);
  expect(await here.choices.read(ann.id)).toEqual({ off: [], told: [] });
});

test("of too many clients the oldest choices are forgotten", async () => {
  await database.query(sql`
    insert into server_choices (portal_id, server_id, person_id, client_id, chosen_at)
    select ${portalId}, ${id("a")}, ${ann.id}, 'client-' || n, to_timestamp(n)
      from generate_series(1, ${maxChoices}) as n`);
  await here.choices.set(place(by("newest", ann), "b"), false);
  const { off } = await here.choices.read(ann.id);
  const clients = off.map(({ clientId }) => clientId);
  expect([clients.length, clients[0], clients.includes("newest")]).toEqual([maxChoices, "client-2", true]);
});

test("who could not be read is read the next time", async () => {
  const broken = await replica();
  await database.query(sql`alter table server_choices rename to elsewhere`);
  await expect(broken.choices.meet(ann)).rejects.toThrow("server_choices");
  await database.query(sql`alter table elsewhere rename to server_choices`);
  expect(await offAt(broken, ann)).toEqual([]);
});
