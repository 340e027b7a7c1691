import type { User } from "@castellan/access";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestOAuth, firstOf, type TestOAuth } from "./testing.ts";
import { publicUrl, redirectUri } from "./testing-browser.ts";
import {
  addConfidentialClient,
  addPublicClient,
  isActive,
  obtainTokens,
  post,
  refreshForm,
  tokensOf,
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
const obtain = () => obtainTokens(house, { user, clientId });
const refreshStatus = async (tokens: Awaited<ReturnType<typeof obtain>>) =>
  (await post(app(), "/token", refreshForm(tokens))).status;
const changes = async () =>
  (
    await house.database.query<{ topic: string }>({
      text: "select topic from changes order by seq desc limit 1",
      values: [],
    })
  )[0]?.topic;

test("an access token ends alone (RFC 7009 §2.1)", async () => {
  const tokens = await obtain();
  const other = tokensOf(clientId, await post(app(), "/token", refreshForm(tokens)));
  const told = await post(app(), "/revoke", { client_id: clientId, token: tokens.access });
  expect([told.status, told.body, await changes()]).toEqual([200, {}, "access_tokens"]);
  expect([await isActive(house, tokens.access, asker), await isActive(house, other.access, asker)]).toEqual([
    false,
    true,
  ]);
  expect(await refreshStatus(other)).toBe(200);
});

test.each(["the last", "one that was exchanged"])("%s refresh token ends the grant", async (which) => {
  const first = await obtain();
  const last = tokensOf(clientId, await post(app(), "/token", refreshForm(first)));
  const token = which === "the last" ? last.refresh : first.refresh;
  expect((await post(app(), "/revoke", { client_id: clientId, token })).status).toBe(200);
  expect(await changes()).toBe("grants");
  expect([await isActive(house, first.access, asker), await isActive(house, last.access, asker)]).toEqual([
    false,
    false,
  ]);
  expect(await refreshStatus(last)).toBe(400);
});

test("what is not the client's, or nothing, is answered alike and changes nothing", async () => {
  const tokens = await obtain();
  const thief = await addPublicClient(house, "Thief");
  for (const token of [tokens.access, tokens.refresh, "nothing"])
    for (const more of [{}, { token_type_hint: "refresh_token" }, { token_type_hint: "access_token" }]) {
      const told = await post(app(), "/revoke", { client_id: thief, token, ...more });
      expect([told.status, told.body]).toEqual([200, {}]);
    }
  expect([await isActive(house, tokens.access, asker), await refreshStatus(tokens)]).toEqual([true, 200]);
});

test("whoever may ask is told what a token lets its holder do", async () => {
  const tokens = await obtain();
  const told = await post(app(), "/introspect", { token: tokens.access }, asker);
  expect([told.body, told.headers.get("cache-control")]).toEqual([
    {
      active: true,
      sub: user.id,
      client_id: clientId,
      iss: `${publicUrl}/oauth`,
      aud: `${publicUrl}/p/okrs/mcp`,
      scope: "portal:okrs portal:okrs:read",
      token_type: "Bearer",
      iat: expect.any(Number),
      exp: expect.any(Number),
    },
    "no-store",
  ]);
  expect(Number(told.body["exp"]) - Number(told.body["iat"])).toBe(900);
});

test("without the right to ask, only one's own are told, and never without a secret", async () => {
  const own = await addConfidentialClient(house, {
    grantTypes: ["authorization_code", "refresh_token", "client_credentials"],
    redirectUris: [redirectUri],
  });
  const mine = await post(app(), "/token", { grant_type: "client_credentials" }, own.basic);
  const ask = async (token: unknown, headers = {}, more = {}) =>
    (await post(app(), "/introspect", { token: String(token), ...more }, headers)).body["active"];
  const theirs = await obtain();
  expect([
    await ask(mine.body["access_token"], own.basic),
    await ask(theirs.access, own.basic),
    await ask(theirs.access, {}, { client_id: clientId }),
    await ask(theirs.refresh, asker),
    await ask("nothing", asker),
  ]).toEqual([true, false, false, false, false]);
  const nobody = await post(app(), "/introspect", { token: theirs.access });
  expect([nobody.status, nobody.body["active"]]).toEqual([400, undefined]);
});

test("what ends elsewhere ends here: the session, the person, the client", async () => {
  const person = await house.addPerson("ends@example.com");
  const active = (token: string) => isActive(house, token, asker);
  const bySession = await obtainTokens(house, { user: person, clientId });
  for (const { id } of await house.sessions.list(person.id)) await house.sessions.end(id);
  expect(await active(bySession.access)).toBe(false);

  const byPerson = await obtainTokens(house, { user: person, clientId });
  await house.people.change(person.id, { status: "suspended" }, { by: "owner" });
  expect(await active(byPerson.access)).toBe(false);

  const removed = await addPublicClient(house, "Removed");
  const byClient = await obtainTokens(house, { user, clientId: removed });
  await firstOf(house.replicas).oauth.clients.store.remove(removed);
  expect(await active(byClient.access)).toBe(false);
  expect((await post(app(), "/token", refreshForm(byClient))).status).toBe(401);
});
