import { sweepGrants, type User } from "@castellan/access";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parallelMs } from "../storage/refresh-tokens.ts";
import { sweep } from "../storage/sweeper.ts";
import { createTestOAuth, firstOf, type TestOAuth } from "./testing.ts";
import { publicUrl } from "./testing-browser.ts";
import {
  addConfidentialClient,
  addPublicClient,
  isActive,
  obtainTokens,
  post,
  refreshForm,
  tokensOf,
  type Told,
  type Tokens,
} from "./testing-client.ts";

let house: TestOAuth;
let user: User;
let clientId: string;
let asker: { authorization: string };

beforeAll(async () => {
  house = await createTestOAuth();
  user = await house.addPerson("ada@example.com");
  clientId = await addPublicClient(house);
  asker = (await addConfidentialClient(house, { mayIntrospect: true })).basic;
});
afterAll(async () => {
  expect(house.errors).toEqual([]);
  await house[Symbol.asyncDispose]();
});

const app = () => firstOf(house.replicas).app;
const ask = (tokens: Tokens, more: Record<string, string> = {}): Promise<Told> =>
  post(app(), "/token", refreshForm(tokens, more));
const refresh = async (tokens: Tokens): Promise<Tokens> => tokensOf(clientId, await ask(tokens));
const obtain = (who: User = user) => obtainTokens(house, { user: who, clientId });
const active = (tokens: Tokens) => isActive(house, tokens.access, asker);
const errorOf = async (tokens: Tokens) => {
  const { status, body } = await ask(tokens);
  return [status, body["error"], body["access_token"]];
};
const later = () => house.clock.advance(parallelMs);
const invalid = [400, "invalid_grant", undefined];

test("each token is exchanged for another, and access goes on", async () => {
  const first = await obtain();
  const second = await refresh(first);
  const third = await refresh(second);
  expect(new Set([first, second, third].map((one) => one.refresh)).size).toBe(3);
  expect(await Promise.all([first, second, third].map(active))).toEqual([true, true, true]);
});

test("an answer that got lost can be fetched again: the unused one and its access are void", async () => {
  const first = await obtain();
  const lost = await refresh(first);
  later();
  const second = await refresh(first);
  expect([await active(first), await active(lost), await active(second)]).toEqual([true, false, true]);
  // Whoever holds the void one is refused, and harms nobody.
  expect(await errorOf(lost)).toEqual(invalid);
  expect((await ask(second)).status).toBe(200);
});

test("an answer can be lost any number of times", async () => {
  const first = await obtain();
  for (let times = 0; times < 3; times += 1) {
    await refresh(first);
    later();
  }
  const last = await refresh(first);
  expect(await active(last)).toBe(true);
  later();
  expect(await active(await refresh(last))).toBe(true);
});

test("a token that is used after its successor was ends the grant", async () => {
  const first = await obtain();
  const second = await refresh(first);
  const third = await refresh(second);
  later();
  expect(await errorOf(first)).toEqual(invalid);
  expect(await Promise.all([first, second, third].map(active))).toEqual([false, false, false]);
  expect(await errorOf(third)).toEqual(invalid);
});

test("within moments of a success the same token is one of several at once: nothing changes", async () => {
  const first = await obtain();
  const second = await refresh(first);
  const { status, body, headers } = await ask(first);
  expect([status, body["error"], headers.get("retry-after")]).toEqual([503, "temporarily_unavailable", "5"]);
  expect([await active(second), (await ask(second)).status]).toEqual([true, 200]);
});

test.each([
  ["another client's", async (one: Tokens) => ({ ...one, clientId: await addPublicClient(house, "Thief") })],
  ["one with a wrong letter", async (one: Tokens) => ({ ...one, refresh: `${one.refresh.slice(0, -1)}*` })],
  ["an access token", async (one: Tokens) => ({ ...one, refresh: one.access })],
  ["nobody's", async (one: Tokens) => ({ ...one, refresh: "crt_nothing" })],
])("%s token is refused, and the right one stays good", async (_what, spoil) => {
  const first = await obtain();
  expect(await errorOf(await spoil(first))).toEqual(invalid);
  expect((await ask(first)).status).toBe(200);
});

test("what is asked for again may be less, and is never more than was granted", async () => {
  const tokens = await obtain(await house.addPerson("less@example.com"));
  const more = await ask(tokens, { scope: "portal:okrs portal:okrs:read goals:write" });
  const less = await ask(tokensOf(clientId, more), { scope: "portal:okrs" });
  const none = await ask(tokensOf(clientId, less), { scope: "goals:destructive" });
  expect([more, less, none].map(({ body }) => body["scope"])).toEqual([
    "portal:okrs portal:okrs:read",
    "portal:okrs",
    "portal:okrs portal:okrs:read",
  ]);
});

test.each([
  ["the portal, said otherwise", { resource: `${publicUrl}/p/okrs/mcp/` }, 200],
  ["another portal", { resource: `${publicUrl}/p/wiki/mcp` }, 400],
  ["the API", { resource: `${publicUrl}/api/v1` }, 400],
])("a refresh that names %s", async (_what, more, status) => {
  expect((await ask(await obtain(), more)).status).toBe(status);
});

test("whom rules keep out by who they are gets no further tokens, from wherever the client asks", async () => {
  const ann = await house.addPerson("kept-out@example.com");
  const tokens = await obtain(ann);
  const asked: unknown[] = [];
  house.policy.mayEnter = ({ id, clientId: by, provider, amr, provedAtMs, grantId }, portal, c) => {
    asked.push([id, by, provider, amr, typeof provedAtMs, typeof grantId, portal, c]);
    return id !== ann.id;
  };
  expect(await errorOf(tokens)).toEqual(invalid);
  expect(asked).toEqual([[ann.id, clientId, "local", ["pwd", "otp"], "number", "string", "okrs", undefined]]);
  const bob = await obtain(await house.addPerson("let-in@example.com"));
  expect((await ask(bob)).status).toBe(200);
  house.policy.mayEnter = () => true;
});

test("a person who was suspended, and one who was removed, are let in no longer", async () => {
  const [suspended, removed] = [
    await house.addPerson("suspended@example.com"),
    await house.addPerson("removed@example.com"),
  ];
  const tokens = [await obtain(suspended), await obtain(removed)];
  await house.people.change(suspended.id, { status: "suspended" }, { by: "owner" });
  await house.people.remove(removed.id, { by: "owner" });
  expect(await Promise.all(tokens.map(active))).toEqual([false, false]);
  expect(await Promise.all(tokens.map(errorOf))).toEqual([invalid, invalid]);
});

test("rights are looked at anew: what is left, and nothing once there is none", async () => {
  const person = await house.addPerson("rights@example.com");
  const wide = await obtainTokens(house, { user: person, clientId }, { scope: "goals:write files:read" });
  const portal = house.portals.get("okrs");
  if (portal === undefined) throw new Error("no portal");
  try {
    house.portals.set("okrs", {
      ...portal,
      access: [{ who: "everyone", classes: ["read"], servers: ["files"] }],
    });
    const { body } = await ask(wide);
    expect(body["scope"]).toBe("portal:okrs files:read");
    house.portals.set("okrs", { ...portal, access: [{ who: "group:none", classes: ["read"] }] });
    later();
    expect(await errorOf(tokensOf(clientId, { status: 200, body, headers: new Headers() }))).toEqual(invalid);
    house.portals.delete("okrs");
    expect(await errorOf(await refreshable(person))).toEqual(invalid);
  } finally {
    house.portals.set("okrs", portal);
  }

  async function refreshable(who: User): Promise<Tokens> {
    house.portals.set("okrs", portal as NonNullable<typeof portal>);
    const tokens = await obtainTokens(house, { user: who, clientId });
    house.portals.delete("okrs");
    return tokens;
  }
});

test("a grant ends when it was to end, however often it was refreshed", async () => {
  await using short = await createTestOAuth({ settings: { grantSeconds: 60, accessTokenSeconds: 900 } });
  const client = await addPublicClient(short);
  const who = { user: await short.addPerson("short@example.com"), clientId: client };
  const tokens = await obtainTokens(short, who);
  const told = await post(firstOf(short.replicas).app, "/token", refreshForm(tokens));
  expect(told.body["expires_in"]).toBeLessThanOrEqual(60);
  await short.database.query({
    text: "update grants set expires_at = created_at",
    values: [],
  });
  const late = await post(firstOf(short.replicas).app, "/token", refreshForm(tokensOf(client, told)));
  expect([late.status, late.body["error"]]).toEqual([400, "invalid_grant"]);
});

test("what is over is swept away, and nothing else", async () => {
  await using own = await createTestOAuth();
  const who = { user: await own.addPerson("swept@example.com"), clientId: await addPublicClient(own) };
  await obtainTokens(own, who);
  const count = async () => {
    const [row] = await own.database.query({
      text: `select (select count(*)::int from oauth_artifacts) as artifacts, (select count(*)::int from grants) as grants,
        (select count(*)::int from access_tokens) as access, (select count(*)::int from refresh_tokens) as refresh`,
      values: [],
    });
    return row;
  };
  const dayMs = 24 * 3_600_000;
  await sweep(own.database, own.clock.now());
  expect(await count()).toEqual({ artifacts: 1, grants: 1, access: 1, refresh: 1 });
  await sweep(own.database, own.clock.now() + 2 * dayMs);
  expect(await count()).toEqual({ artifacts: 0, grants: 1, access: 0, refresh: 1 });
  await sweep(own.database, own.clock.now() + 15 * dayMs);
  expect(await count()).toEqual({ artifacts: 0, grants: 1, access: 0, refresh: 0 });
  expect(await sweepGrants(own.database, own.clock.now() + 60 * dayMs)).toBe(false);
  expect(await count()).toEqual({ artifacts: 0, grants: 0, access: 0, refresh: 0 });
});
