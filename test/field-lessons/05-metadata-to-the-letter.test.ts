/**
 * Field lesson 5: addresses in metadata are taken, and sent on, to the letter. A server may call itself by its own address, by
 * its origin, with a slash at the end or without: tokens are asked for by just that name.
 */
import { startAuthorizationServer } from "@castellan/credentials/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { textIn } from "../accounts/answers.ts";
import { openAccounts, type HouseScene } from "../accounts/houses.ts";
import { startProtectedServer } from "../accounts/upstream/protected-server.ts";
import { last } from "../policy/approvals/scene.ts";

let scene: HouseScene;
beforeAll(async () => {
  scene = await openAccounts();
});
afterAll(() => scene?.[Symbol.asyncDispose]());

test.each([
  ["its address", (url: string) => url],
  ["its origin", (url: string) => new URL(url).origin],
  ["its origin with a slash", (url: string) => `${new URL(url).origin}/`],
])("a server that calls itself by %s", async (name, resourceOf) => {
  await using authorizationServer = await startAuthorizationServer();
  await using server = await startProtectedServer({ authorizationServer, resourceOf });
  const slug = `s${name.length}`;
  await scene.add(slug, server);
  const ada = await scene.come(`Ada${name.length}`);
  await scene.linkHere(ada, slug, "ada");
  expect(textIn(await last(scene.call(await ada.door(slug), `${slug}_whoami`)))).toBe("ada");
  const resources = authorizationServer.exchanges
    .filter(({ path }) => path === "/auth" || path === "/token")
    .map(({ resource }) => resource);
  expect(new Set(resources)).toEqual(new Set([resourceOf(server.url)]));
});

test("an authorization server that is not who it was said to be is asked for nothing", async () => {
  await using authorizationServer = await startAuthorizationServer();
  authorizationServer.metadata = (said) => ({ ...said, issuer: `${String(said["issuer"])}/` });
  await using server = await startProtectedServer({ authorizationServer });
  await scene.add("liar", server, {
    sharedAs: null,
    fields: { auth: { kind: "own_account" } },
  });
  const { url } = await scene.admin.api<{ url: string }>("POST", "/servers/liar/login");
  const { status, forms } = await scene.admin.browser.open(url);
  expect([status, forms.some(({ action }) => action.endsWith("/begin"))]).toEqual([502, false]);
  expect([authorizationServer.asked("/reg"), authorizationServer.asked("/auth")]).toEqual([0, 0]);
});
