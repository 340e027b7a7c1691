/** What a client is may change after a person let it in, or while they are asked: what was said before is worth no more than what is said now. */
import { generateKeyPairSync, randomUUID } from "node:crypto";
import type { User } from "@castellan/access";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestOAuth, firstOf, type TestOAuth } from "../provider/testing.ts";
import { authorizePath, createPkce, publicUrl, readForm, redirectUri } from "../provider/testing-browser.ts";
import {
  addConfidentialClient,
  addPublicClient,
  basicAuth,
  codeForm,
  obtainCode,
  obtainTokens,
  post,
  refreshForm,
  tokensOf,
} from "../provider/testing-client.ts";
import { aDocument, describes, serveDocuments, type DocumentServer } from "./testing.ts";

let served: DocumentServer;
let house: TestOAuth;
let user: User;

beforeAll(async () => {
  served = await serveDocuments();
  house = await createTestOAuth({ outbound: served.outbound });
  user = await house.addPerson("ada@example.com");
});
afterAll(async () => {
  expect(house.errors).toEqual([]);
  await house[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();
});

const app = () => firstOf(house.replicas).app;
const store = () => firstOf(house.replicas).oauth.clients.store;
const callback = { redirect_uri: "https://client.example/cb" };

/** A client by its document, and how that changes: it is read anew from then on. */
function describe() {
  const id = `https://client.example/${randomUUID()}.json`;
  const say = (more: object = {}) => {
    served.answer = describes({ ...aDocument, client_id: id, ...more }, { "cache-control": "max-age=300" });
    house.clock.advance(301_000);
  };
  say();
  return { id, say };
}

test("a document that asks for another redirect after the consent: the old one is good for nothing new", async () => {
  const { id, say } = describe();
  const code = await obtainCode(house, { user, clientId: id }, callback);
  say({ redirect_uris: ["https://client.example/elsewhere"] });
  // Where the code went was right when it went there; it is bound to the verifier and to that address.
  const elsewhere = codeForm(code, { redirect_uri: "https://client.example/elsewhere" });
  expect((await post(app(), "/token", elsewhere)).body["error"]).toBe("invalid_grant");
  const browser = await house.browserOf(user);
  const answer = await browser.send(app(), authorizePath(id, createPkce(), callback));
  expect([answer.status, answer.headers.get("location")]).toEqual([400, null]);
});

test.each([
  [
    "an admin takes the address back",
    async () => {
      const id = await addPublicClient(house);
      const end = () => store().change(id, { redirectUris: ["http://127.0.0.1:1/other"] });
      return { id, more: { redirect_uri: redirectUri }, end };
    },
  ],
  [
    "its document names another one",
    async () => {
      const { id, say } = describe();
      return { id, more: callback, end: async () => say({ redirect_uris: ["https://client.example/new"] }) };
    },
  ],
])("while a person is asked, %s: nobody is sent there", async (_, begin) => {
  const { id, more, end } = await begin();
  const browser = await house.browserOf(user);
  const asked = await browser.follow(app(), authorizePath(id, createPkce(), more));
  const { action, fields } = await readForm({ ...asked, answer: asked.answer?.clone() });
  await end();
  fields.set("decision", "allow");
  const allowed = await browser.send(app(), action, { method: "POST", body: fields });
  expect([asked.answer?.status, allowed.status, allowed.headers.get("location")]).toEqual([200, 410, null]);
});

test("a client that comes to have keys is no public one any more, also for what it was given before", async () => {
  const { id, say } = describe();
  const tokens = tokensOf(
    id,
    await post(
      app(),
      "/token",
      codeForm(await obtainCode(house, { user, clientId: id }, callback), callback),
    ),
  );
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  say({
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [publicKey.export({ format: "jwk" })] },
  });
  expect((await post(app(), "/token", refreshForm(tokens))).body["error"]).toBe("invalid_client");
  say();
  expect((await post(app(), "/token", refreshForm(tokens))).status).toBe(200);
});

test("a client with a secret is none without it, by another way than its own, or with a secret of another", async () => {
  const signsIn = {
    redirectUris: [redirectUri],
    grantTypes: ["authorization_code", "refresh_token"],
    scopes: [],
  } as const;
  const [mine, other] = [
    await addConfidentialClient(house, signsIn),
    await addConfidentialClient(house, signsIn),
  ];
  const code = await obtainCode(house, { user, clientId: mine.id });
  const form = codeForm(code);
  const { client_id: _id, ...unnamed } = form;
  const errorOf = async (said: Record<string, string>, headers?: Record<string, string>) =>
    (await post(app(), "/token", said, headers)).body["error"];
  expect([
    await errorOf(form),
    await errorOf({ ...form, client_secret: other.secret }),
    await errorOf(form, basicAuth(mine.id, other.secret)),
    await errorOf(form, basicAuth(mine.id, "")),
    await errorOf(unnamed, other.basic),
    await errorOf(form, other.basic),
    await errorOf({ ...form, client_secret: mine.secret }, mine.basic),
    await errorOf({ ...form, client_id: other.id }, mine.basic),
    await errorOf({
      ...form,
      client_assertion: `${btoa("{}")}.${btoa(JSON.stringify({ sub: mine.id }))}.x`,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }),
  ]).toEqual([
    "invalid_client",
    "invalid_client",
    "invalid_client",
    "invalid_request",
    "invalid_grant",
    "invalid_request",
    "invalid_request",
    "invalid_request",
    "invalid_client",
  ]);
  // None of it has used the code up.
  expect((await post(app(), "/token", form, mine.basic)).status).toBe(200);
});

test("one that takes another's name and address is another client: it holds nothing of what that was given", async () => {
  const known = await addPublicClient(house, "Editor");
  const first = await obtainTokens(house, { user, clientId: known }, { scope: "goals:write" });
  const answer = await app().request(`${publicUrl}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_id: known, client_name: "Editor", redirect_uris: [redirectUri] }),
  });
  const { client_id: imitation = "" } = (await answer.json()) as { client_id?: string };
  const browser = await house.browserOf(user);
  const page = await browser.follow(app(), authorizePath(imitation, createPkce(), { scope: "goals:read" }));
  const text = (await page.answer?.text()) ?? "";
  expect([
    imitation === known,
    text.includes("It chose this name itself"),
    text.includes("may do already"),
  ]).toEqual([false, true, false]);
  const stolen = refreshForm({ ...first, clientId: imitation });
  expect((await post(app(), "/token", stolen)).body["error"]).toBe("invalid_grant");
  expect((await post(app(), "/token", refreshForm(first))).status).toBe(200);
});

test("thousands of scopes, odd ones among them, ask for what is known of them and cost nothing", async () => {
  const odd = [
    "portal:okrs:destructive",
    "PORTAL:OKRS:READ",
    "portal:okrs:READ",
    "portal:okrs:read:write",
    "portal:",
    "portal::read",
    "portal:wiki:destructive",
    "portal:okrs\u00a0read",
    "goals:write\u0000",
    "goals:*",
    "*",
    "api",
    "__proto__",
    "constructor:read",
    "files:destructive",
    "goals:read",
  ];
  const many = Array.from({ length: 1500 }, (_, number) => `s${number}:w`);
  const member = await house.addPerson("member@example.com");
  const okrs = house.portals.get("okrs");
  if (okrs === undefined) throw new Error("There is no such portal");
  house.portals.set("okrs", { ...okrs, access: [{ who: "everyone", classes: ["read", "write"] }] });
  const code = await obtainCode(
    house,
    { user: member, clientId: await addPublicClient(house) },
    { scope: [...odd, ...many].join(" ") },
  );
  const { body } = await post(app(), "/token", codeForm(code));
  house.portals.set("okrs", okrs);
  expect(body["scope"]).toBe("portal:okrs goals:read");
});
