/**
 * Field lesson 2: what expires or is taken away makes no tool vanish. Its person is asked to sign in again, with a link, and
 * what they asked for goes through afterwards.
 */
import { startAuthorizationServer } from "@castellan/credentials/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuthorizationServer } from "@castellan/credentials/testing";
import { pageIn, textIn } from "../accounts/answers.ts";
import { openAccounts, type HouseScene } from "../accounts/houses.ts";
import { startProtectedServer } from "../accounts/upstream/protected-server.ts";
import { last } from "../policy/approvals/scene.ts";
import { sayModern, type Loose } from "../portal/client.ts";

const opened = new AsyncDisposableStack();
let authorizationServer: AuthorizationServer;
let scene: HouseScene;
beforeAll(async () => {
  authorizationServer = opened.use(await startAuthorizationServer());
  scene = opened.use(await openAccounts());
  await scene.add("notes", opened.use(await startProtectedServer({ authorizationServer })));
});
afterAll(() => opened.disposeAsync());

test("a link that the server ended is told as that, and linked anew", async () => {
  const ada = await scene.come("Ada");
  await scene.linkHere(ada, "notes");
  const door = await ada.door("notes");
  const names = async () => {
    const { result } = await last(sayModern(door, "tools/list"));
    return result.tools.map(({ name }: Loose) => name) as string[];
  };
  const listed = async () => {
    const { result } = await last(scene.call(door, "portal_list_servers"));
    return result.structuredContent.servers as Loose[];
  };
  const before = await names();
  expect(before).toContain("notes_whoami");
  expect(await listed()).toMatchObject([{ slug: "notes", account: "linked" }]);

  await scene.age(60);
  authorizationServer.forgetGrants("ada");
  const asked = await last(scene.call(door, "notes_whoami"));
  expect(asked["error"].data).toMatchObject({ code: "link_required", reason: "needs_sign_in" });
  expect(asked["error"].message).toContain(pageIn(asked));
  expect(await names()).toEqual(before);
  expect(await listed()).toMatchObject([{ slug: "notes", account: "needs_sign_in" }]);
  const { text } = await ada.browser.open("/links");
  expect(text).toContain("These need you");

  await scene.link(ada, pageIn(asked), "ada");
  expect(textIn(await last(scene.call(door, "notes_whoami")))).toBe("ada");
  expect(await listed()).toMatchObject([{ slug: "notes", account: "linked" }]);
});
