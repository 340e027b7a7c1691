/** An admin changes how a server is reached while something that is a person's waits or listens there. */
import { startAuthorizationServer, type AuthorizationServer } from "@castellan/credentials/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openReal } from "../field-lessons/sdk.ts";
import { openLegacy, parsed, rpc } from "../portal/client.ts";
import { last } from "../policy/approvals/scene.ts";
import { pageIn, textIn } from "./answers.ts";
import { openAccounts, type HouseScene } from "./houses.ts";
import { notesUri } from "./upstream/notes.ts";
import { startProtectedServer, type ProtectedServer } from "./upstream/protected-server.ts";

const slug = "notes";
let scene: HouseScene;
let authorizationServer: AuthorizationServer;
let server: ProtectedServer;
beforeAll(async () => {
  scene = await openAccounts();
  authorizationServer = await startAuthorizationServer();
  server = await startProtectedServer({ authorizationServer });
  await scene.add(slug, server);
});
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await authorizationServer?.[Symbol.asyncDispose]();
});

let changes = 0;

/** The value of a header that is sent with every request from now on. */
async function change(): Promise<string> {
  const value = `value-${++changes}`;
  await scene.api("PATCH", `/servers/${slug}`, { headers: { "x-way": value } });
  await scene.settle();
  return value;
}

async function come(name: string) {
  authorizationServer.users.add(name);
  return scene.come(name);
}

test("a call that waited for a sign-in does not go to a server that is another one by then", async () => {
  const ada = await come("ada");
  const client = await openLegacy(await ada.door(slug), { capabilities: { elicitation: { url: {} } } });
  const call = await client.send(rpc(7, "tools/call", { name: `${slug}_whoami`, arguments: {} }));
  const { id, params } = parsed(await call.next());
  await change();
  await client.send(JSON.stringify({ jsonrpc: "2.0", id, result: { action: "accept" } }));
  await scene.link(ada, params.url, "ada");
  const answer = parsed((await call.all).at(-1) ?? "");
  expect(answer["error"].data).toMatchObject({ code: "server_changed", retryable: true });
  // Her own lists may have been read meanwhile, where the server is now.
  expect(server.visits.filter(({ user, method }) => user === "ada" && method === "tools/call")).toEqual([]);
  // The account is good for the server that it was made for: the one of now.
  expect(textIn(await last(scene.call(await ada.door(slug), `${slug}_whoami`)))).toBe("ada");
});

test("what is watched in somebody's name is watched where the server is now", async () => {
  const bob = await come("bob");
  await scene.linkHere(bob, slug);
  await using client = await openReal("modern", await bob.door(slug));
  await client.watch(notesUri);
  const listens = (way: string) =>
    server.heard.filter((text) => text.includes("subscriptions/listen") && text.includes(way));
  const way = await change();
  await expect.poll(() => listens(way).length, { timeout: 10_000 }).toBeGreaterThan(0);
  await client.callTool({ name: `${slug}_note_add`, arguments: { text: "x" } });
  await expect.poll(() => client.updated, { timeout: 10_000 }).toContain(notesUri);
});

test("who subscribes before they have an account is told where to get one", async () => {
  const eve = await come("eve");
  const client = await openLegacy(await eve.door(slug));
  const refused = parsed(await client.call("resources/subscribe", { uri: notesUri }));
  expect(refused["error"].data.code).toBe("link_required");
  await scene.link(eve, pageIn(refused), "eve");
  expect(parsed(await client.call("resources/subscribe", { uri: notesUri }))["result"]).toEqual({});
});
