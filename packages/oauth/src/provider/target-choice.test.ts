/** Clients that do not say what they want to get into, and those that want the API. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { User } from "@castellan/access";
import { createTestOAuth, firstOf, type TestOAuth } from "./testing.ts";
import { authorizePath, consent, createPkce, publicUrl, readForm, redirectUri } from "./testing-browser.ts";
import { addConfidentialClient, addPublicClient, codeForm, obtainCode, post } from "./testing-client.ts";

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
const nothing = { resource: undefined };

async function audienceOf(code: Parameters<typeof codeForm>[0], more = {}) {
  const told = await post(app(), "/token", codeForm(code, more));
  const { body } = await post(app(), "/introspect", { token: String(told.body["access_token"]) }, asker);
  return [told.status, body["aud"], body["scope"]];
}

test("the default portal, for whoever may use it", async () => {
  const code = await obtainCode(house, { user, clientId }, nothing);
  expect(await audienceOf(code)).toEqual([200, `${publicUrl}/p/okrs/mcp`, "portal:okrs portal:okrs:read"]);
});

test("the default portal may be asked for under any of its addresses when the code is exchanged", async () => {
  const code = await obtainCode(house, { user, clientId }, nothing);
  const more = { resource: `${publicUrl}/mcp` };
  expect(await audienceOf(code, more)).toEqual([
    200,
    `${publicUrl}/p/okrs/mcp`,
    "portal:okrs portal:okrs:read",
  ]);
});

test("a portal that the person chose, and no other for the same request", async () => {
  house.defaultPortal.slug = undefined;
  const browser = await house.browserOf(user);
  const pkce = createPkce();
  const { action, fields } = await readForm(
    await browser.follow(app(), authorizePath(clientId, pkce, { ...nothing, scope: "files:read" })),
  );
  expect(action).toMatch(/^\/oauth\/consent\/[\w-]+\/portal$/);
  fields.set("portal", "wiki");
  const { url } = await browser.follow(app(), action, { method: "POST", body: fields });
  const back = await consent(app(), browser, url.pathname);
  const code = { clientId, code: back.searchParams.get("code") ?? "", verifier: pkce.verifier };
  expect(back.origin + back.pathname).toBe(redirectUri);
  expect(await audienceOf(code)).toEqual([200, `${publicUrl}/p/wiki/mcp`, "portal:wiki files:read"]);
});

test("the API is a resource like any other, and customers have none of it", async () => {
  const resource = `${publicUrl}/api/v1`;
  const code = await obtainCode(house, { user, clientId }, { resource });
  expect(await audienceOf(code, { resource })).toEqual([200, resource, "api"]);
  const customer = await house.people.add(
    { directory: "customers", email: "customer@example.org", name: "Customer" },
    { by: "owner" },
  );
  const back = await consent(
    app(),
    await house.browserOf(customer),
    authorizePath(clientId, createPkce(), { resource }),
  );
  expect(back.searchParams.get("error")).toBe("access_denied");
});

test("of two answers at once one counts, and makes one grant", async () => {
  const person = await house.addPerson("twice@example.com");
  const browser = await house.browserOf(person);
  const form = await readForm(
    await browser.follow(
      app(),
      authorizePath(clientId, createPkce(), { resource: `${publicUrl}/p/okrs/mcp` }),
    ),
  );
  form.fields.set("decision", "allow");
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => browser.send(app(), form.action, { method: "POST", body: form.fields })),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, ...Array(7).fill(410)]);
  const [row] = await house.database.query<{ grants: number }>({
    text: "select count(*)::int as grants from grants where user_id = $1",
    values: [person.id],
  });
  expect(row).toEqual({ grants: 1 });
});
