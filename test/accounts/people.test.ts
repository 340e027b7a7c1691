/**
 * Two people at one server, by real clients of each era: whatever they ask for is asked for in their own name, nothing that
 * was opened for one serves the other, and what an admin signed in for all reads lists and nothing else.
 */
import { startAuthorizationServer, type AuthorizationServer } from "@castellan/credentials/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cells } from "../harness/cells.ts";
import { openReal } from "../field-lessons/sdk.ts";
import { last, outcome } from "../policy/approvals/scene.ts";
import { pageIn, textIn } from "./answers.ts";
import { openAccounts, type HouseScene } from "./houses.ts";
import type { Visitor } from "./scene.ts";
import { notesUri } from "./upstream/notes.ts";
import { startProtectedServer, type ProtectedServer } from "./upstream/protected-server.ts";

let scene: HouseScene;
let people: readonly [Visitor, Visitor];
beforeAll(async () => {
  scene = await openAccounts({ replicas: 2 });
  people = [await scene.come("Ada"), await scene.come("Bob")];
});
afterAll(() => scene?.[Symbol.asyncDispose]());

/** What is asked for in somebody's name; the rest finds out what there is. */
const personal = new Set([
  "tools/call",
  "prompts/get",
  "resources/read",
  "resources/subscribe",
  "completion/complete",
]);

describe.each(cells)("$cell: $caller caller, $server server", ({ cell, caller, server: era }) => {
  const slug = cell.toLowerCase();
  let authorizationServer: AuthorizationServer;
  let server: ProtectedServer;
  beforeAll(async () => {
    authorizationServer = await startAuthorizationServer();
    server = await startProtectedServer({ authorizationServer, era });
    await scene.add(slug, server);
    for (const person of people) await scene.linkHere(person, slug);
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await authorizationServer?.[Symbol.asyncDispose]();
  });

  test("each reaches their own, through tools, prompts, resources and completions", async () => {
    const [ada, bob] = people;
    await using hers = await openReal(caller, await ada.door(slug));
    await using his = await openReal(caller, await bob.door(slug));
    const add = (client: typeof hers, text: string) =>
      client.callTool({ name: `${slug}_note_add`, arguments: { text } });
    expect((await add(hers, "a")).content[0].text).toBe("ada has 1");
    expect((await add(his, "b")).content[0].text).toBe("bob has 1");
    const seen = async (client: typeof hers) => ({
      tool: (await client.callTool({ name: `${slug}_whoami`, arguments: {} })).content[0].text,
      prompt: (await client.getPrompt({ name: `${slug}_summary` })).messages[0].content.text,
      resource: (await client.readResource({ uri: notesUri })).contents[0].text,
      one: (await client.readResource({ uri: `${notesUri}/1` })).contents[0].text,
    });
    // At the same time, many times, so that whatever is shared is shared.
    const all = await Promise.all(Array.from({ length: 10 }, (_, n) => seen(n % 2 === 0 ? hers : his)));
    const own = (user: string, note: string) => ({
      tool: user,
      prompt: `${user}: ${note}`,
      resource: `${user}: ${note}`,
      one: `${user}: ${note}`,
    });
    expect(all).toEqual(all.map((_, n) => (n % 2 === 0 ? own("ada", "a") : own("bob", "b"))));
    expect(server.strangers).toEqual([]);
  });

  test("each hears of changes to their own", async () => {
    const [ada, bob] = people;
    await using hers = await openReal(caller, await ada.door(slug));
    await using his = await openReal(caller, await bob.door(slug));
    await hers.watch(notesUri);
    await his.watch(notesUri);
    // A legacy client is answered by the server itself, before the replica that has its stream hears that server.
    if (caller === "legacy" && era === "legacy")
      for (const user of ["ada", "bob"])
        await expect
          .poll(() => server.visits.some((visit) => visit.user === user && visit.method === "GET"))
          .toBe(true);
    const add = (client: typeof hers) =>
      client.callTool({ name: `${slug}_note_add`, arguments: { text: "more" } });
    await add(hers);
    await expect.poll(() => hers.updated.length, { timeout: 10_000 }).toBe(1);
    expect(his.updated).toEqual([]);
    await add(his);
    await expect.poll(() => his.updated.length, { timeout: 10_000 }).toBe(1);
    expect(hers.updated.length).toBe(1);
    expect(server.strangers).toEqual([]);
  });

  test("the admin's sign-in calls nothing, programs have no account there, and another account is another person", async () => {
    const shared = server.visits.filter(({ user }) => user === "svc").map(({ method }) => method);
    expect(shared.filter((method) => personal.has(method))).toEqual([]);
    expect(shared).toContain("tools/list");

    const { secret } = await scene.api<{ secret: string }>("POST", "/tokens", {
      name: `program-${slug}`,
      role: "member",
      portals: [slug],
      allow: ["read", "write"],
    });
    const [ada, bob] = people;
    const { url } = await ada.door(slug);
    await scene.settle();
    const program = { url, token: secret };
    expect(await outcome(scene.call(program, `${slug}_whoami`))).toBe("credentials_person_only");

    // Bob goes on as somebody else at the server, over the connection that he has.
    await using his = await openReal(caller, await bob.door(slug));
    const who = async () => (await his.callTool({ name: `${slug}_whoami`, arguments: {} })).content[0].text;
    expect(await who()).toBe("bob");
    authorizationServer.users.add("carol");
    await scene.linkHere(bob, slug, "carol");
    expect(await who()).toBe("carol");
    expect(server.strangers).toEqual([]);
    await scene.linkHere(bob, slug);
  });
});

test("a person is asked for each server apart", async () => {
  await using authorizationServer = await startAuthorizationServer();
  await using one = await startProtectedServer({ authorizationServer });
  await using other = await startProtectedServer({ authorizationServer });
  await scene.add("one", one);
  await scene.add("other", other);
  const [ada] = people;
  await scene.linkHere(ada, "one");
  expect(textIn(await last(scene.call(await ada.door("one"), "one_whoami")))).toBe("ada");
  const asked = await last(scene.call(await ada.door("other"), "other_whoami"));
  expect(pageIn(asked)).toContain("/links/requests/lnk_");
  // Tokens of one are good at the other for nothing, and were not tried there.
  const tokens = new Set(one.visits.map(({ token }) => token));
  expect(other.heard.filter((text) => [...tokens].some((token) => text.includes(token)))).toEqual([]);
});
