/**
 * Field lesson 7: a server whose authorization server lets nobody register can be added, with a client that was registered by
 * hand; until then it is told what is missing and where the client's browser must come back to. One that does not know
 * `resource` can be told so. Clients of ours may come back to an address of their own scheme, or to loopback.
 */
import { startAuthorizationServer } from "@castellan/credentials/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { textIn } from "../accounts/answers.ts";
import { openAccounts, type HouseScene } from "../accounts/houses.ts";
import { startProtectedServer } from "../accounts/upstream/protected-server.ts";
import { last } from "../policy/approvals/scene.ts";
import type { Loose } from "../portal/client.ts";

let scene: HouseScene;
beforeAll(async () => {
  scene = await openAccounts();
});
afterAll(() => scene?.[Symbol.asyncDispose]());

test("without registration it says what to do, and works when that is done", async () => {
  await using authorizationServer = await startAuthorizationServer({
    hasRegistration: false,
    resource: "refused",
  });
  await using server = await startProtectedServer({ authorizationServer, checksAudience: false });
  const { issuer } = authorizationServer;
  await scene.add("slack", server, { sharedAs: null });
  const { url } = await scene.admin.api<{ url: string }>("POST", "/servers/slack/login");
  const page = await scene.admin.browser.open(url);
  const told = page.forms.some(({ action }) => action.endsWith("/begin"))
    ? await scene.admin.browser.send(page.forms.find(({ action }) => action.endsWith("/begin")))
    : page;
  expect([told.status, told.text]).toEqual([502, expect.stringContaining("/links/callback/")]);

  const auth = { kind: "own_account", issuer, client: { id: "by-hand" }, resource: "omit" };
  const secret = "given-by-hand";
  await scene.api("PATCH", "/servers/slack", { auth, authSecrets: { clientSecret: secret } });
  const { redirectUri } = await scene.api<Loose>("GET", "/servers/slack");
  expect(told.text).toContain(redirectUri);
  authorizationServer.register({ id: "by-hand", secret, redirectUris: [redirectUri] });
  authorizationServer.users.add("svc");
  const again = await scene.admin.api<{ url: string }>("POST", "/servers/slack/login");
  await scene.link(scene.admin, again.url, "svc");
  await scene.api("POST", "/servers/slack/sync");
  const ada = await scene.come("Ada");
  await scene.linkHere(ada, "slack");
  expect(textIn(await last(scene.call(await ada.door("slack"), "slack_whoami")))).toBe("ada");
});

test.each([
  "cursor://anysphere.cursor-retrieval/oauth",
  "http://127.0.0.1:33418/",
  "http://localhost:8080/cb",
])("a client of ours may come back to %s", async (redirectUri) => {
  const origin = scene.relay.url;
  const said = await fetch(`${origin}/.well-known/oauth-authorization-server/oauth`);
  const { registration_endpoint: endpoint } = (await said.json()) as { registration_endpoint: string };
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_name: "Desk",
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: "none",
    }),
  });
  expect([answer.status, await answer.json()]).toMatchObject([201, { redirect_uris: [redirectUri] }]);
});
