/**
 * A server that lists something else to each person: everybody sees and reads their own, nobody what is another's, and nobody
 * what is the admin's, whose sign-in the catalog is read with.
 */
import { startAuthorizationServer, type AuthorizationServer } from "@castellan/credentials/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eras, last, outcome } from "../policy/approvals/scene.ts";
import { sayModern, type Door, type Loose } from "../portal/client.ts";
import { openAccounts, type HouseScene } from "./houses.ts";
import { nameOf, type Visitor } from "./scene.ts";
import type { OwnThings } from "./upstream/notes.ts";
import { startProtectedServer, type ProtectedServer } from "./upstream/protected-server.ts";

const members: Loose = { "tools/list": "tools", "prompts/list": "prompts", "resources/list": "resources" };

let scene: HouseScene;
let people: Visitor[];
beforeAll(async () => {
  scene = await openAccounts({ replicas: 2 });
  people = [await scene.come("Ada"), await scene.come("Bob"), await scene.come("Eve")];
});
afterAll(() => scene?.[Symbol.asyncDispose]());

/** Without `headers` by either replica. */
async function listed(door: Door, method: keyof typeof members, headers = {}): Promise<string[]> {
  const { error, result } = await last(sayModern(door, String(method), {}, { headers }));
  if (error) throw new Error(JSON.stringify(error));
  return result[members[method]].map(({ uri, name }: Loose) => uri ?? name);
}

const documents = async (door: Door, headers = {}) =>
  (await listed(door, "resources/list", headers)).filter((uri) => uri.startsWith("doc:"));
const toolsOf = async (door: Door, slug: string) =>
  (await listed(door, "tools/list")).filter((name) => name.startsWith(`${slug}_`)).toSorted();
const read = (door: Door, uri: string) => sayModern(door, "resources/read", { uri });
const textOf = async (door: Door, uri: string): Promise<string> => {
  const { error, result } = await last(read(door, uri));
  return error ? `error ${error.code}` : result.contents[0].text;
};

describe.each(eras)("a %s server", (era) => {
  const slug = `own-${era}`;
  const named = (names: readonly string[]) => names.map((name) => `${slug}_${name}`).toSorted();
  const things: Record<string, OwnThings> = {
    svc: { documents: ["doc://svc/salaries"], tools: ["archive"] },
    ada: { documents: ["doc://ada/plan", "doc://both"], tools: ["archive", "ada_only"] },
    bob: { documents: ["doc://bob/plan", "doc://both"], without: ["note_add"] },
    carol: { documents: ["doc://carol/plan"] },
  };
  let authorizationServer: AuthorizationServer;
  let server: ProtectedServer;
  const doors = async () => {
    const [hers, his, eves] = await Promise.all(people.map((one) => one.door(slug)));
    if (!hers || !his || !eves) throw new Error("Nobody came");
    return { hers, his, eves };
  };
  beforeAll(async () => {
    authorizationServer = await startAuthorizationServer();
    server = await startProtectedServer({ authorizationServer, era, own: (user) => things[user] ?? {} });
    await scene.add(slug, server);
    for (const person of people.slice(0, 2)) await scene.linkHere(person, slug);
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await authorizationServer?.[Symbol.asyncDispose]();
  });

  test("each is listed their own documents and reads them, and no others'", async () => {
    const { hers, his } = await doors();
    // On both replicas, and each with what another has just looked at.
    for (let n = 0; n < 3; n += 1) {
      expect(await documents(hers)).toEqual(things["ada"]?.documents);
      expect(await documents(his)).toEqual(things["bob"]?.documents);
    }
    expect(await textOf(hers, "doc://ada/plan")).toBe("ada reads doc://ada/plan");
    expect(await textOf(his, "doc://bob/plan")).toBe("bob reads doc://bob/plan");
    expect(await textOf(hers, "doc://both")).toBe("ada reads doc://both");
    expect(await textOf(his, "doc://both")).toBe("bob reads doc://both");
    for (const uri of ["doc://bob/plan", "doc://svc/salaries"])
      expect(await textOf(hers, uri)).toMatch(/^error/);
    for (const uri of ["doc://ada/plan", "doc://svc/salaries"])
      expect(await textOf(his, uri)).toMatch(/^error/);
    expect(server.visits.filter(({ user, method }) => user === "svc" && method === "resources/read")).toEqual(
      [],
    );
  });

  test("tools are those that were reviewed, as far as they have them", async () => {
    const { hers, his } = await doors();
    expect(await toolsOf(hers, slug)).toEqual(named(["archive", "note_add", "note_list", "whoami"]));
    expect(await toolsOf(his, slug)).toEqual(named(["note_list", "whoami"]));
    expect(await outcome(scene.call(his, `${slug}_note_add`, { text: "x" }))).toBe("tool_unknown");
    expect(await outcome(scene.call(hers, `${slug}_ada_only`))).toBe("tool_unknown");
    expect(await outcome(scene.call(hers, `${slug}_archive`))).toBe("complete");
  });

  test("who has linked nothing is listed the reviewed tools, and nobody's documents", async () => {
    const { eves } = await doors();
    expect(await toolsOf(eves, slug)).toEqual(named(["archive", "note_add", "note_list", "whoami"]));
    expect(await listed(eves, "prompts/list")).toEqual([`${slug}_summary`]);
    expect(await listed(eves, "resources/list")).toEqual([]);
    expect(await outcome(scene.call(eves, `${slug}_whoami`))).toBe("link_required");
  });

  test("the portal's own tools tell each the same as the lists", async () => {
    const { hers, his, eves } = await doors();
    const counted = async (door: Door) => {
      const { result } = await last(scene.call(door, "portal_list_servers"));
      const [one] = result.structuredContent.servers;
      return { tools: one.tools, resources: one.resources };
    };
    // Their notes, and the template of them, beside their documents.
    expect(await counted(hers)).toEqual({ tools: 4, resources: 4 });
    expect(await counted(his)).toEqual({ tools: 2, resources: 4 });
    expect(await counted(eves)).toEqual({ tools: 4, resources: 1 });
    const found = async (door: Door) => {
      const searching = { ...door, url: `${door.url}?optimize_context=search_and_execute` };
      const { result } = await last(scene.call(searching, "portal_query_tools", { query: "note_add|only" }));
      return result.structuredContent.tools.map(({ name }: Loose) => name);
    };
    expect(await found(hers)).toEqual([`${slug}_note_add`]);
    expect(await found(his)).toEqual([]);
  });

  test("with another account there, it is that one's documents", async () => {
    const { his } = await doors();
    const [, bob] = people;
    if (!bob) throw new Error("Nobody came");
    authorizationServer.users.add("carol");
    const atBoth = async () => {
      const replicas = ["0", "1"].map((replica) => documents(his, { "x-replica": replica }));
      return [...new Set((await Promise.all(replicas)).map((uris) => uris.join(" ")))];
    };
    const of = (user: string) => [things[user]?.documents?.join(" ")];
    expect(await atBoth()).toEqual(of("bob"));
    await scene.linkHere(bob, slug, "carol");
    await expect.poll(atBoth, { timeout: 10_000 }).toEqual(of("carol"));
    expect(await textOf(his, "doc://carol/plan")).toBe("carol reads doc://carol/plan");
    expect(await textOf(his, "doc://bob/plan")).toMatch(/^error/);
    await scene.unlink(bob, slug);
    await expect.poll(atBoth, { timeout: 10_000 }).toEqual([""]);
    await scene.linkHere(bob, slug, nameOf(bob));
    await expect.poll(atBoth, { timeout: 10_000 }).toEqual(of("bob"));
  });
});

test("programs that come with the account for all have what it has, and others nothing", async () => {
  await using authorizationServer = await startAuthorizationServer();
  const own = (user: string) => ({ documents: [`doc://${user}`] });
  await using server = await startProtectedServer({ authorizationServer, own });
  const shared = { auth: { kind: "own_account", programs: "shared" } };
  await scene.add("shared", server, { fields: shared });
  await scene.add("refused", server);
  const { secret } = await scene.api<{ secret: string }>("POST", "/tokens", {
    name: "program",
    role: "member",
    portals: ["shared", "refused"],
    allow: ["read", "write"],
  });
  await scene.settle();
  const door = (slug: string) => ({ url: `${scene.relay.url}/p/${slug}/mcp`, token: secret });
  const { auth } = await scene.api<Loose>("GET", "/servers/shared");
  expect(auth.kind).toBe("own_account");
  // Nobody has reviewed the documents: a new server's definitions are accepted as its setting says.
  expect(await documents(door("shared"))).toEqual(["doc://svc"]);
  expect(await textOf(door("shared"), "doc://svc")).toBe("svc reads doc://svc");
  expect(await listed(door("refused"), "resources/list")).toEqual([]);
  expect(await toolsOf(door("refused"), "refused")).toEqual([]);
});

test("a server that is slow to list delays nobody for long, and its documents are told of when they are there", async () => {
  await using authorizationServer = await startAuthorizationServer();
  const own = (user: string) => ({ documents: [`doc://${user}`] });
  await using slow = await startProtectedServer({ authorizationServer, own });
  await using fast = await startProtectedServer({
    authorizationServer,
    own: (user) => ({ documents: [`doc://fast/${user}`] }),
  });
  await scene.add("slow", slow);
  await scene.add("fast", fast);
  await scene.api("POST", "/portals", {
    slug: "both",
    servers: ["slow", "fast"],
    access: [{ who: "everyone", classes: ["read", "write"] }],
  });
  await scene.settle();
  const [ada] = people;
  if (!ada) throw new Error("Nobody came");
  const door = await ada.door("both");
  await scene.linkHere(ada, "slow");
  await scene.linkHere(ada, "fast");
  const released = Promise.withResolvers<void>();
  const isList = /\/list$/;
  slow.hold = ({ user, method }) => (user === "ada" && isList.test(method) ? released.promise : undefined);

  const headers = { "x-replica": "0" };
  const notifications = { resourcesListChanged: true };
  const listening = await sayModern(door, "subscriptions/listen", { notifications }, { headers });
  expect(await listening.next()).toContain("acknowledged");
  const startedMs = performance.now();
  const tools = await listed(door, "tools/list", headers);
  expect(tools.filter((name) => name.endsWith("_whoami"))).toEqual(["slow_whoami", "fast_whoami"]);
  expect(await documents(door, headers)).toEqual(["doc://fast/ada"]);
  // Far less than such a reading may take (30 s), and nobody waits again for what somebody has waited for in vain.
  expect(performance.now() - startedMs).toBeLessThan(20_000);

  released.resolve();
  let told = "";
  while (!told.includes("resources/list_changed"))
    told = (await listening.next()) ?? "resources/list_changed gone";
  expect(told).not.toContain("gone");
  listening.leave();
  expect(await documents(door, headers)).toEqual(["doc://ada", "doc://fast/ada"]);
}, 60_000);
