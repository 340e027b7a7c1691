/**
 * Field lesson 24: what people have approved is the set of a server's definitions, each with its name. Whatever a
 * server moves from one name to another, adds, or takes back, is looked at by a person before a model sees it, and
 * nobody approves what was not in front of them. In the whole house with each kind of change: `test/reviews`.
 */
import { createClient, type Client } from "@castellan/client";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startStocked, type StockedServer } from "../fixtures/stocked.ts";
import type { Loose } from "../harness/callers/inbox.ts";
import { openCaller } from "../harness/cells.ts";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";

const opened = new AsyncDisposableStack();
let house: TestHouse;
let admin: Client;

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  admin = createClient({ url: house.url, token: house.adminToken });
});
afterAll(() => opened.disposeAsync());

const reads = { description: "Reads", inputSchema: { type: "object" }, annotations: { readOnlyHint: true } };
const deletes = {
  description: "Deletes",
  inputSchema: { type: "object" },
  annotations: { readOnlyHint: false },
};
const list = { name: "list", ...reads };
const purge = { name: "purge", ...deletes };

let made = 0;

describe.each(["legacy", "modern"] as const)("%s", (era) => {
  let slug: string;
  let server: StockedServer;
  let portal: TestPortal;

  beforeEach(async () => {
    slug = `${era[0]}${++made}`;
    server = opened.use(await startStocked(era, { tools: [list, purge] }));
    portal = await house.addPortal(
      slug,
      { [slug]: { url: server.url, autoAccept: [] } },
      { naming: "plain" },
    );
    await approveAll();
    expect(await offered()).toEqual({ list: "ok", purge: "ok" });
  });

  const params = () => ({ params: { slug } });

  async function approveAll(): Promise<void> {
    const { fingerprint } = await admin.listDefinitions(params());
    await admin.approveDefinitions({ ...params(), body: { all: true, fingerprint } });
  }

  async function lists(...tools: object[]): Promise<void> {
    server.stock = { tools };
    await admin.syncServer(params());
  }

  /** By name: the state in which it is. */
  async function states(): Promise<Record<string, string>> {
    const { items } = await admin.listDefinitions(params());
    return Object.fromEntries(items.map(({ name, review }) => [name, review]));
  }

  /** By name, what callers are offered: whether it answers. */
  async function offered(): Promise<Record<string, string>> {
    await using caller = await openCaller(era, portal);
    const { message } = await caller.request("tools/list");
    const names = ((message.result as Loose).tools as Loose[]).map(({ name }) => name as string);
    const entries = names
      .filter((name) => !name.startsWith("portal_"))
      .map(async (name) => {
        const reply = await caller.request("tools/call", { name });
        return [name, reply.message.result === undefined ? "refused" : "ok"] as const;
      });
    return Object.fromEntries(await Promise.all(entries));
  }

  test.each<[what: string, tools: object[], states: object, offered: object]>([
    [
      "two tools that change places under their names",
      [
        { ...list, ...deletes },
        { ...purge, ...reads },
      ],
      { list: "changed", purge: "changed" },
      {},
    ],
    [
      "a tool that takes another one's approved words",
      [list, purge, { name: "list_all", ...reads }],
      { list: "approved", purge: "approved", list_all: "new" },
      { list: "ok", purge: "ok" },
    ],
    [
      "a tool under a new name, with a stranger under its old one",
      [{ name: "list", ...deletes }, { name: "list_2", ...reads }, purge],
      { list: "changed", list_2: "new", purge: "approved" },
      { purge: "ok" },
    ],
    [
      "a tool that only has another name",
      [{ name: "list_2", ...reads }, purge],
      { list: "removed", list_2: "new", purge: "approved" },
      { purge: "ok" },
    ],
    [
      "a name that only looks the same",
      [{ name: "l\u0456st", ...reads }, purge],
      { list: "removed", "l\u0456st": "new", purge: "approved" },
      { purge: "ok" },
    ],
    [
      "an icon",
      [{ ...list, icons: [{ src: "https://example.com/i.png" }] }, purge],
      { list: "changed", purge: "approved" },
      { purge: "ok" },
    ],
    [
      "what is said in _meta",
      [{ ...list, _meta: { "com.example/note": "x" } }, purge],
      { list: "changed", purge: "approved" },
      { purge: "ok" },
    ],
    [
      "a member that nobody knows",
      [{ ...list, "x-more": 1 }, purge],
      { list: "changed", purge: "approved" },
      { purge: "ok" },
    ],
  ])("%s", async (_, tools, after, callable) => {
    await lists(...tools);
    expect(await states()).toEqual(after);
    expect(await offered()).toEqual(callable);
  });

  test("the same in another order or with members in another order is the same", async () => {
    const { name, description, inputSchema, annotations } = list;
    await lists(purge, { annotations, inputSchema, description, name });
    expect(await states()).toEqual({ list: "approved", purge: "approved" });
    expect(await offered()).toEqual({ list: "ok", purge: "ok" });
  });

  test("what comes back as it was approved needs nobody; what moved away and comes back does", async () => {
    await lists({ ...list, description: "Other" }, purge);
    await lists(list, purge);
    expect(await states()).toEqual({ list: "approved", purge: "approved" });
    await lists({ name: "list_2", ...reads }, purge);
    await approveAll();
    expect(await states()).toEqual({ list_2: "approved", purge: "approved" });
    await lists({ name: "list_2", ...reads }, list, purge);
    expect(await states()).toEqual({ list: "new", list_2: "approved", purge: "approved" });
    expect(await offered()).toEqual({ list_2: "ok", purge: "ok" });
  });

  test("what was rejected stays so, whatever comes and goes, until it is named", async () => {
    const evil = { name: "evil", ...reads };
    await lists(list, purge, evil);
    const { items } = await admin.listDefinitions({ ...params(), query: { q: "evil" } });
    const named = items.map(({ kind, name, fingerprint }) => ({ kind, name, fingerprint }));
    await admin.rejectDefinitions({ ...params(), body: { definitions: named } });
    for (const tools of [[list], [list, purge, evil]]) await lists(...tools);
    await approveAll();
    await admin.changeServer({ ...params(), body: { autoAccept: ["tool"] } });
    await house.api("PATCH", `/portals/${slug}`, { autoAccept: ["tool"] });
    expect([await states(), await offered()]).toEqual([
      { evil: "rejected", list: "approved", purge: "approved" },
      { list: "ok", purge: "ok" },
    ]);
    await admin.approveDefinitions({ ...params(), body: { definitions: named } });
    expect(await offered()).toEqual({ evil: "ok", list: "ok", purge: "ok" });
  });

  test.each<[what: string, meanwhile: object[]]>([
    ["one more", [list, purge, { name: "more", ...reads }, { name: "late", ...deletes }]],
    ["one less", [list, { name: "more", ...reads }]],
    ["another description", [list, purge, { name: "more", ...deletes }]],
    ["another name", [list, purge, { name: "mo-re", ...reads }]],
  ])("between looking and approving: %s, and nothing is approved", async (_, meanwhile) => {
    await lists(list, purge, { name: "more", ...reads });
    const { fingerprint, items } = await admin.listDefinitions(params());
    await lists(...meanwhile);
    const before = await admin.listDefinitions(params());
    const refused = { status: 409, code: "definition_changed" };
    await expect(
      admin.approveDefinitions({ ...params(), body: { all: true, fingerprint } }),
    ).rejects.toMatchObject(refused);
    await expect(
      admin.rejectDefinitions({ ...params(), body: { all: true, fingerprint } }),
    ).rejects.toMatchObject(refused);
    // One by one as well: all of those that were looked at, or none.
    const definitions = items.map(({ kind, name, fingerprint: of }) => ({ kind, name, fingerprint: of }));
    const isStill = definitions.every(({ name, fingerprint: of }) =>
      before.items.some((item) => item.name === name && item.fingerprint === of),
    );
    if (!isStill)
      await expect(admin.approveDefinitions({ ...params(), body: { definitions } })).rejects.toMatchObject({
        code: expect.stringMatching(/^definition_(changed|unknown)$/) as string,
      });
    expect(await admin.listDefinitions(params())).toEqual(before);
    expect(Object.keys(await offered())).not.toContain("late");
  });

  test("the fingerprint of one is no approval of another", async () => {
    await lists(list, purge, { name: "one", ...reads }, { name: "two", ...reads });
    const { items } = await admin.listDefinitions({ ...params(), query: { review: "new" } });
    const [one, two] = items;
    expect(one?.fingerprint).not.toBe(two?.fingerprint);
    const crossed = [{ kind: "tool" as const, name: "one", fingerprint: two?.fingerprint ?? "" }];
    await expect(
      admin.approveDefinitions({ ...params(), body: { definitions: crossed } }),
    ).rejects.toMatchObject({ status: 409, code: "definition_changed" });
    expect(await offered()).toEqual({ list: "ok", purge: "ok" });
  });

  test("a sync beside an approval: what is offered afterwards was looked at", async () => {
    for (let turn = 0; turn < 5; turn++) {
      await lists(list, purge, {
        name: "race",
        description: `looked at ${turn}`,
        inputSchema: { type: "object" },
      });
      const { fingerprint } = await admin.listDefinitions(params());
      server.stock = {
        tools: [
          list,
          purge,
          { name: "race", description: `unseen ${turn}`, inputSchema: { type: "object" } },
        ],
      };
      await Promise.allSettled([
        admin.syncServer(params()),
        admin.approveDefinitions({ ...params(), body: { all: true, fingerprint } }),
      ]);
      await using caller = await openCaller(era, portal);
      expect((await caller.request("tools/list")).text).not.toContain("unseen");
    }
  });
});
