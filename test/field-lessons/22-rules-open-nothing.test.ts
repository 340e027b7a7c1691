/**
 * Field lesson 22, of rights: what nobody has said is open is closed. Access rules and scopes open, each class by its
 * name; rules only close, whatever they allow; and at a read-only portal nobody does more than read.
 */
import { toolClasses } from "@castellan/access";
import { createId } from "@castellan/kernel";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startStocked, type StockedServer } from "../fixtures/stocked.ts";
import type { Door } from "../harness/callers/caller.ts";
import type { Loose } from "../harness/callers/inbox.ts";
import { openCaller } from "../harness/cells.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { toRegistration } from "../harness/registration.ts";
import { callersOf } from "../portal/callers.ts";
import { exchange } from "../fidelity/wire.ts";
import { openAt, outcomes } from "../reviews/scene.ts";
import { codeOf, first } from "./rules-callers.ts";

const opened = new AsyncDisposableStack();
let house: TestHouse;
let server: StockedServer;
let doorOf: (who: "person" | "program", portal: string) => Door;

const tools = ["look", "put", "drop"] as const;
type Tool = (typeof tools)[number];

/** What access rules give to everybody there, and to whoever comes without a token. */
const portals: Readonly<Record<string, object>> = {
  bare: {},
  reading: { access: [{ who: "everyone", classes: ["read"] }] },
  writing: { access: [{ who: "everyone", classes: ["read", "write"] }] },
  // Destroying says nothing of writing, and neither of reading.
  destroying: { access: [{ who: "everyone", classes: ["destructive"] }] },
  sealed: { access: [{ who: "everyone", classes: toolClasses }], isReadOnly: true },
};
const scopesAt = (slug: string) => [
  `portal:${slug}`,
  ...toolClasses.map((toolClass) => `portal:${slug}:${toolClass}`),
];

beforeAll(async () => {
  const tool = (name: Tool, annotations?: object) => ({
    name,
    inputSchema: { type: "object" },
    ...(annotations && { annotations }),
  });
  server = opened.use(
    await startStocked("modern", {
      // One that says nothing of itself may destroy.
      tools: [tool("look", { readOnlyHint: true }), tool("put", { destructiveHint: false }), tool("drop")],
    }),
  );
  house = opened.use(await startTestHouse());
  await house.api("POST", "/servers", toRegistration("desk", server.url));
  const { grant, person } = callersOf(house.database);
  const ann = await person("ann");
  const tokens: Record<string, Record<string, string>> = { person: {}, program: {} };
  for (const [slug, more] of Object.entries(portals)) {
    await house.api("POST", "/portals", { slug, servers: ["desk"], ...more });
    // Whatever the page would have proposed: her client has been given everything.
    (tokens["person"] as Loose)[slug] = (await grant(ann, slug, scopesAt(slug))).token;
  }
  const { secret } = await house.api<{ secret: string }>("POST", "/tokens", {
    name: "program",
    role: "member",
    portals: Object.keys(portals),
    allow: toolClasses,
  });
  doorOf = (who, portal) => ({
    url: `${house.url}/p/${portal}/mcp`,
    token: who === "program" ? secret : (tokens["person"]?.[portal] ?? ""),
  });
});
afterAll(() => opened.disposeAsync());

/** What somebody has at a portal, and that they have no more by any other way; a portal where it is nothing is not there. */
async function usable(era: "legacy" | "modern", door: Door): Promise<readonly string[]> {
  const { status, text } = await first(era, door);
  if (status !== 200) {
    expect([status, codeOf(text)]).toEqual([404, "portal_unknown"]);
    return [];
  }
  server.recording.clear();
  await using caller = await openCaller(era, door);
  const { message } = await caller.request("tools/list");
  const listed = tools.filter((name) =>
    message.result.tools.some((one: { name: string }) => one.name === `desk_${name}`),
  );
  for (const name of tools)
    expect([name, new Set(await outcomes(caller, door, "tool", `desk_${name}`))]).toEqual([
      name,
      new Set([listed.includes(name) ? "ok" : "tool_unknown"]),
    ]);
  const searching = await openAt(era, door, "optimize_context=search_and_execute");
  const found = await searching.request("tools/call", {
    name: "portal_query_tools",
    arguments: { query: "" },
  });
  expect(tools.filter((name) => found.text.includes(`desk_${name}`))).toEqual(listed);
  const called = new Set(
    server.recording.of("tools/call").map(({ body }) => (JSON.parse(body) as Loose).params.name as string),
  );
  expect(tools.filter((name) => called.has(name))).toEqual(listed);
  return listed;
}

test("an installation begins without a rule, and asks nobody for anything", async () => {
  for (const path of ["/policies", "/evaluators", "/webhooks", "/approvals"])
    expect([path, (await house.api<Loose>("GET", path)).items]).toEqual([path, []]);
  await using caller = await openCaller("modern", doorOf("person", "writing"));
  expect((await caller.request("tools/call", { name: "desk_put" })).message.result).toBeDefined();
  expect((await house.api<Loose>("GET", "/approvals")).items).toEqual([]);
});

/** As a list of rules that allows everybody everything could say it. */
const allowing = {
  "no rules": [],
  "rules that allow everybody everything": [
    {},
    { portals: Object.keys(portals) },
    { servers: ["desk"] },
    { classes: toolClasses },
    { servers: ["desk"], tools },
    { portals: ["sealed"], servers: ["desk"], classes: ["write", "destructive"] },
  ],
};

describe.each(Object.entries(allowing))("%s", (_, ats) => {
  beforeAll(async () => {
    for (const [index, at] of ats.entries())
      await house.api("POST", "/policies", {
        name: `allow-${index}`,
        action: "allow",
        at,
        include: [{ everyone: true }],
      });
  });
  afterAll(async () => {
    for (const index of ats.keys()) await house.api("DELETE", `/policies/allow-${index}`);
  });

  describe.each(["legacy", "modern"] as const)("%s", (era) => {
    test.each([
      ["bare", []],
      ["reading", ["look"]],
      ["writing", ["look", "put"]],
      ["destroying", ["drop"]],
      ["sealed", ["look"]],
    ])("a person at %s has %j", async (portal, has) => {
      expect(await usable(era, doorOf("person", portal))).toEqual(has);
    });

    test.each([
      ["bare", ["look", "put", "drop"]],
      ["sealed", ["look"]],
    ])("a program whose token says everything has at %s %j", async (portal, has) => {
      expect(await usable(era, doorOf("program", portal))).toEqual(has);
    });

    test("whoever has no token comes in nowhere", async () => {
      for (const portal of Object.keys(portals)) {
        const { status, text } = await first(era, { ...doorOf("person", portal), token: "" });
        expect([portal, status, codeOf(text)]).toEqual([portal, 401, "token_missing"]);
      }
    });
  });
});

describe("a token that says less", () => {
  const made: string[] = [];
  afterEach(async () => {
    for (const id of made.splice(0)) await house.api("DELETE", `/tokens/${id}`);
  });

  test.each<[string, object, readonly Tool[]]>([
    ["nothing of classes", { portals: ["bare"] }, ["look"]],
    ["writing", { portals: ["bare"], allow: ["write"] }, ["put"]],
    ["destroying", { portals: ["bare"], allow: ["destructive"] }, ["drop"]],
    ["one server and reading", { scopes: ["portal:bare", "desk:read"] }, ["look"]],
    ["no portal", { portals: [] }, []],
    ["another portal", { portals: ["reading"], allow: toolClasses }, []],
  ])("%s", async (name, said, has) => {
    const { id, secret } = await house.api<{ id: string; secret: string }>("POST", "/tokens", {
      name,
      role: "member",
      ...said,
    });
    made.push(id);
    const door = { ...doorOf("program", "bare"), token: secret };
    expect(await usable("modern", door)).toEqual(has);
  });
});

test("the public reads where a rule says so, and is never let do more", async () => {
  const body = (classes: readonly string[]) => ({ access: [{ who: "public", classes }] });
  for (const classes of [["write"], ["destructive"], ["read", "write"]])
    await expect(house.api("PATCH", "/portals/bare", body(classes))).rejects.toThrow(/ 400 .*access\[0\]/);
  await house.api("PATCH", "/portals/bare", body(["read"]));
  const door = { ...doorOf("person", "bare"), token: "" };
  for (const era of ["legacy", "modern"] as const) expect(await usable(era, door)).toEqual(["look"]);
  await house.api("PATCH", "/portals/bare", { access: [] });
});

test("a portal that becomes read-only is so with the next call, in a session that was there before", async () => {
  const door = doorOf("program", "bare");
  for (const era of ["legacy", "modern"] as const) {
    await using caller = await openCaller(era, door);
    expect((await caller.request("tools/call", { name: "desk_drop" })).message.result).toBeDefined();
    await house.api("PATCH", "/portals/bare", { isReadOnly: true });
    for (const name of ["desk_put", "desk_drop"]) {
      const { message } = await caller.request("tools/call", { name });
      expect([era, name, message.error?.data.code]).toEqual([era, name, "tool_unknown"]);
    }
    expect((await caller.request("tools/call", { name: "desk_look" })).message.result).toBeDefined();
    await house.api("PATCH", "/portals/bare", { isReadOnly: false });
  }
});

test("the pages of requests are for whoever has signed in", async () => {
  for (const path of ["/approvals", `/approvals/${createId("approval")}`]) {
    const { status, headers, text } = await exchange(`${house.url}${path}`, { method: "GET" });
    expect([path, status, headers.location]).toEqual([
      path,
      302,
      expect.stringMatching(/^\/sign-in\?.*approvals/),
    ]);
    expect(text).not.toContain("desk");
  }
});
