import { sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LinkRequest } from "../link.ts";
import { claude, openLinkScene, type LinkScene, type TestPerson } from "../pages/testing.ts";
import type { NewLink } from "./links.ts";
import { sweep } from "./sweep.ts";

let scene: LinkScene;
let ada: TestPerson;
let eve: TestPerson;
let target: string;

beforeEach(async () => {
  scene = await openLinkScene({ maxPending: 3, pollEveryMs: 3_600_000 });
  ada = scene.somebody("Ada Lovelace");
  eve = scene.somebody("Eve");
  target = scene.target({ kind: "own_key" }).id;
});
afterEach(async () => {
  expect(scene.errors).toEqual([]);
  await scene[Symbol.asyncDispose]();
});

const ask = (more: Partial<NewLink> = {}, { person }: TestPerson = ada) =>
  scene.links.ask({
    targetId: target,
    owner: { kind: "person", id: person.id },
    personId: person.id,
    reason: "not_linked",
    from: claude,
    ...more,
  });
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (error as { code?: string }).code ?? error,
  );
const waiting = (id: Id<"link">, links = scene.links) =>
  links.settled(id, { signal: AbortSignal.timeout(20_000), timeoutMs: 20_000 });
const stateOf = async ({ id }: LinkRequest) => (await scene.links.find(id))?.state;

test("what is the same is asked once, whoever asks at once, and is good for its whole time again", async () => {
  const asked = await Promise.all(Array.from({ length: 8 }, () => ask()));
  const [first] = asked as [LinkRequest];
  expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
  const now = new Date(scene.clock.now());
  expect(first).toEqual({
    id: first.id,
    targetId: target,
    owner: { kind: "person", id: ada.person.id },
    personId: ada.person.id,
    reason: "not_linked",
    scopes: [],
    from: claude,
    state: "pending",
    askedAt: now,
    expiresAt: new Date(now.getTime() + 3_600_000),
  });
  scene.clock.advance(3_599_000);
  const again = await ask();
  expect([again.id, again.askedAt, again.expiresAt]).toEqual([
    first.id,
    now,
    new Date(scene.clock.now() + 3_600_000),
  ]);
});

test("another client, portal, scope, owner or person is another request; the order of scopes is not", async () => {
  await using roomy = await openLinkScene();
  const at = roomy.target({ kind: "own_account" }).id;
  const [one, two] = [roomy.somebody("Ada"), roomy.somebody("Eve")];
  const of = ({ person }: TestPerson, more: Partial<NewLink> = {}) =>
    roomy.links.ask({
      targetId: at,
      owner: { kind: "person", id: person.id },
      personId: person.id,
      reason: "scope",
      from: claude,
      scopes: ["write", "read", "write"],
      ...more,
    });
  const all = [
    await of(one),
    await of(one, { from: { ...claude, clientId: "cli_2" } }),
    await of(one, { from: { ...claude, clientId: undefined } }),
    await of(one, { from: { ...claude, portal: "other" } }),
    await of(one, { from: undefined }),
    await of(one, { scopes: ["read"] }),
    await of(one, { owner: { kind: "shared" } }),
    await of(two),
  ];
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  const strange = await of(one, { from: { ...claude, clientName: `a\0b${"x".repeat(500)}` } });
  expect(strange.from?.clientName).toBe(`ab${"x".repeat(198)}`);
  expect(all[0]?.scopes).toEqual(["read", "write"]);
  expect((await of(one, { scopes: ["read", "write"] })).id).toBe(all[0]?.id);
});

test("clients set off so many that wait, and so many that were declined; the person themselves goes on", async () => {
  const targets = Array.from({ length: 5 }, () => scene.target({ kind: "own_key" }).id);
  for (const targetId of targets.slice(0, 3)) await ask({ targetId });
  expect(await codeOf(ask())).toBe("links_limited");
  expect(await codeOf(ask({}, eve))).toBeUndefined();
  // What is there already is found all the same.
  expect(await codeOf(ask({ targetId: targets[0] ?? "" }))).toBeUndefined();

  const own = [];
  for (const targetId of targets) own.push(await ask({ targetId, from: undefined }));
  expect(await Promise.all(own.map(stateOf))).toEqual([
    "expired",
    "expired",
    "pending",
    "pending",
    "pending",
  ]);

  for (let times = 0; times < 3; times += 1) {
    const { id } = await ask({}, eve);
    await scene.links.decline(id, eve.person.id);
  }
  expect(await codeOf(ask({}, eve))).toBe("links_limited");
  expect(await codeOf(ask({ targetId: targets[0] ?? "" }, eve))).toBeUndefined();
  scene.clock.advance(3_600_001);
  expect(await codeOf(ask({}, eve))).toBeUndefined();
});

test("a server that wants other scopes with each call leaves room for the others", async () => {
  const own = scene.target({ kind: "own_key" }).id;
  const greedy = ["a", "b"].map((scope) => ask({ reason: "scope", scopes: [scope] }));
  expect(new Set((await Promise.all(greedy)).map(({ id }) => id)).size).toBe(2);
  expect(await codeOf(ask({ reason: "scope", scopes: ["c"] }))).toBe("links_limited");
  expect(await codeOf(ask({ targetId: own }))).toBeUndefined();
});

test("to others it does not exist, and they settle nothing", async () => {
  const link = await ask();
  const signal = AbortSignal.timeout(20_000);
  expect([
    await codeOf(scene.links.seenBy(eve.person.id, link.id)),
    await codeOf(scene.links.decline(link.id, eve.person.id)),
    await codeOf(scene.links.outlook(link.id, eve.visitor, signal)),
    await codeOf(scene.links.begin(link.id, eve.visitor, signal)),
    await codeOf(scene.links.enterKey(link.id, eve.visitor, "key")),
  ]).toEqual(Array.from({ length: 5 }, () => "link_not_found"));
  expect(await stateOf(link)).toBe("pending");
  expect(await scene.accounts.find(target, link.owner)).toBeUndefined();
});

test("whoever waits hears of it on every replica; what else wants the same account is met with it", async () => {
  const other = await scene.replica();
  const [link, own] = [await ask(), await ask({ from: undefined })];
  const elsewhere = await ask({}, eve);
  const wider = await ask({ reason: "scope", scopes: ["admin"] });
  const waits = [waiting(link.id), waiting(link.id, other), waiting(own.id, other)];
  const done = await scene.links.enterKey(own.id, ada.visitor, "  k-1\n");
  expect(done).toEqual({ ...own, state: "linked" });
  expect(await Promise.all(waits)).toEqual([
    { ...link, state: "linked" },
    { ...link, state: "linked" },
    { ...own, state: "linked" },
  ]);
  expect([await stateOf(elsewhere), await stateOf(wider)]).toEqual(["pending", "pending"]);
  const target0 = scene.targets.get(target);
  if (target0 === undefined) throw new Error("no target");
  const { token, account } = await scene.accounts.usable(target0, link.owner, AbortSignal.timeout(20_000));
  expect([token, account.linkedBy, account.linkedFrom]).toEqual(["k-1", "ada@example.com", undefined]);
});

test("of two that settle at once for one account neither waits for the other in a circle", async () => {
  await using roomy = await openLinkScene();
  const at = roomy.target({ kind: "own_key" }).id;
  const one = roomy.somebody("Ada");
  const asked = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      roomy.links.ask({
        targetId: at,
        owner: { kind: "person", id: one.person.id },
        personId: one.person.id,
        reason: "not_linked",
        from: { ...claude, clientId: `cli_${index}` },
      }),
    ),
  );
  const codes = await Promise.all(
    asked.map(({ id }, index) => codeOf(roomy.links.enterKey(id, one.visitor, `k-${index}`))),
  );
  expect(codes.toSorted()).toEqual([...Array.from({ length: 9 }, () => "link_expired"), undefined]);
  const states = await Promise.all(asked.map(async ({ id }) => (await roomy.links.find(id))?.state));
  expect(new Set(states)).toEqual(new Set(["linked"]));
});

test("a no is heard, and stays; so does a yes", async () => {
  const link = await ask();
  const wait = waiting(link.id);
  expect((await scene.links.decline(link.id, ada.person.id)).state).toBe("declined");
  expect((await wait).state).toBe("declined");
  expect(await codeOf(scene.links.enterKey(link.id, ada.visitor, "k"))).toBe("link_expired");
  const next = await ask();
  expect(next.id).not.toBe(link.id);
  await scene.links.enterKey(next.id, ada.visitor, "k");
  expect((await scene.links.decline(next.id, ada.person.id)).state).toBe("linked");
});

test("time over: it is answered as it is, it expires for every reader, and is forgotten in the end", async () => {
  const link = await ask();
  const soon = { signal: AbortSignal.timeout(5_000), timeoutMs: 1 };
  expect((await scene.links.settled(link.id, soon)).state).toBe("pending");
  scene.clock.advance(3_600_000);
  expect([await stateOf(link), (await scene.links.decline(link.id, ada.person.id)).state]).toEqual([
    "expired",
    "expired",
  ]);
  const wait = waiting(link.id);
  await sweep(scene);
  expect((await wait).state).toBe("expired");
  scene.clock.advance(7 * 86_400_000);
  await sweep(scene);
  expect(await codeOf(waiting(link.id))).toBe("link_not_found");
});

test("whoever stops waiting is let go, and so is everybody when the replica stops", async () => {
  const link = await ask();
  const gone = new AbortController();
  const wait = scene.links.settled(link.id, { signal: gone.signal, timeoutMs: 20_000 });
  gone.abort(new Error("left"));
  await expect(wait).rejects.toThrow("left");
  const other = await scene.replica();
  const stopped = waiting(link.id, other);
  await other[Symbol.asyncDispose]();
  expect(await codeOf(stopped)).toBe("shutting_down");
});

test("a key is one word that a header can hold", async () => {
  const { id } = await ask();
  for (const key of ["", "  ", "two words", "a\r\nb: c", "ключ", "x".repeat(8193)])
    expect(await codeOf(scene.links.enterKey(id, ada.visitor, key))).toBe("invalid_input");
  expect(await codeOf(scene.links.enterKey(id, ada.visitor, "x".repeat(8192)))).toBeUndefined();
});

test("no key is kept for a server that takes none, that is gone, or for everybody", async () => {
  const { id } = await ask();
  const shared = await ask({ owner: { kind: "shared" } });
  expect(await codeOf(scene.links.enterKey(shared.id, ada.visitor, "k"))).toBe("link_not_found");
  const admin = { ...ada.visitor, isAdmin: true };
  expect(await codeOf(scene.links.enterKey(shared.id, admin, "k"))).toBe("link_refused");
  const before = scene.targets.get(target);
  if (before === undefined) throw new Error("no target");
  scene.targets.set(target, { ...before, auth: { kind: "bearer" } });
  expect(await codeOf(scene.links.enterKey(id, ada.visitor, "k"))).toBe("link_refused");
  scene.targets.delete(target);
  expect(await codeOf(scene.links.enterKey(id, ada.visitor, "k"))).toBe("link_not_found");
  expect(await scene.database.query(sql`select 1 from linked_accounts`)).toEqual([]);
});
