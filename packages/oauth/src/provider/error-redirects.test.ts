/** Open redirect: nobody is sent to a stranger's site from here for the asking. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestOAuth, firstOf, type TestOAuth } from "./testing.ts";
import { authorizePath, Browser, createPkce, publicUrl, redirectUri } from "./testing-browser.ts";

const site = "https://evil.example/cb?next=1";
const known = "https://known.example/cb";

let house: TestOAuth;
let stranger: string;
let registered: string;

beforeAll(async () => {
  house = await createTestOAuth();
  const answer = await app().request(`${publicUrl}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ redirect_uris: [site, redirectUri, "app://x/cb"] }),
  });
  stranger = ((await answer.json()) as { client_id: string }).client_id;
  const { client } = await firstOf(house.replicas).oauth.clients.store.add(
    {
      name: "Known",
      redirectUris: [known],
      authMethod: "none",
      grantTypes: ["authorization_code"],
      scopes: [],
      mayIntrospect: false,
    },
    "usr_admin",
  );
  registered = client.id;
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  expect(house.errors).toEqual([]);
});

const app = () => firstOf(house.replicas).app;
const visit = (
  clientId: string,
  more: Parameters<typeof authorizePath>[2],
  browser: Browser = new Browser(),
): Promise<Response> => browser.send(app(), authorizePath(clientId, createPkce(), more));

const wrongs: [string, Record<string, string | readonly string[] | undefined>][] = [
  ["prompt=none", { prompt: "none" }],
  ["another response type", { response_type: "token" }],
  ["another response mode", { response_mode: "form_post" }],
  ["a foreign resource", { resource: "https://other.example/mcp" }],
  ["no challenge", { code_challenge: undefined }],
  ["a plain challenge", { code_challenge_method: "plain" }],
  ["a request object", { request: "x" }],
  ["a request by reference", { request_uri: "https://evil.example/x" }],
  ["two states", { state: ["a", "b"] }],
];

test.each(wrongs)("%s: nobody is sent to a site that no admin knows", async (_, wrong) => {
  const someone = await house.addPerson(`${crypto.randomUUID()}@example.com`);
  for (const browser of [new Browser(), await house.browserOf(someone)]) {
    const answer = await visit(stranger, { redirect_uri: site, ...wrong }, browser);
    expect([answer.status, answer.headers.get("location"), answer.headers.get("refresh")]).toEqual([
      400,
      null,
      null,
    ]);
    const text = await answer.text();
    // They may go there themselves, and see where that is.
    expect(text).toMatch(
      /<a href="https:\/\/evil\.example\/cb\?next=1&amp;error=\w+[^"]*"\s*><bdi>evil\.example<\/bdi><\/a\s*>/,
    );
  }
});

test("what a stranger writes is text there as well", async () => {
  const answer = await visit(stranger, {
    redirect_uri: site,
    prompt: "none",
    state: `"><script>alert(1)</script>`,
  });
  expect(await answer.text()).not.toContain("<script");
});

test.each([redirectUri, "app://x/cb"])(
  "a program on the person's device is told at once: %s",
  async (uri) => {
    const answer = await visit(stranger, { redirect_uri: uri, prompt: "none" });
    const { searchParams } = new URL(answer.headers.get("location") ?? "");
    expect([answer.status, searchParams.get("error")]).toEqual([303, "login_required"]);
  },
);

test("a client that an admin knows is told at once", async () => {
  const answer = await visit(registered, { redirect_uri: known, prompt: "none" });
  expect([answer.status, answer.headers.get("location")?.startsWith(`${known}?error=`)]).toEqual([303, true]);
});
