/**
 * Field lesson 18: what an admin decided about a portal is there until an admin decides otherwise: through edits of
 * other things, syncs, failures, renames and restarts, and when what is there is said again.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startStocked, type StockedServer } from "../fixtures/stocked.ts";
import { openCaller } from "../harness/cells.ts";
import type { Loose } from "../harness/callers/inbox.ts";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import { toRegistration } from "../harness/registration.ts";

const opened = new AsyncDisposableStack();
let house: Awaited<ReturnType<typeof startTestHouse>>;
let server: StockedServer;
let slug: string;
let portal: TestPortal;
let made = 0;

const tool = (name: string, description = "own") => ({ name, description, inputSchema: { type: "object" } });
const stock = {
  tools: [tool("off"), tool("renamed"), tool("described"), tool("plain")],
  prompts: [{ name: "off" }, { name: "plain" }],
  resources: [
    { uri: "doc://off", name: "off" },
    { uri: "doc://plain", name: "plain" },
  ],
  resourceTemplates: [
    { uriTemplate: "off://{n}", name: "off" },
    { uriTemplate: "plain://{n}", name: "plain" },
  ],
};
const off = { enabled: false };
const curation = {
  tools: { off, renamed: { alias: "called" }, described: { description: "said" } },
  prompts: { off },
  resources: { "doc://off": off },
  resourceTemplates: { "off://{n}": off },
};

beforeAll(async () => {
  house = opened.use(await startTestHouse());
});
beforeEach(async () => {
  slug = `s${++made}`;
  server = opened.use(await startStocked("modern", stock));
  portal = await house.addPortal(slug, { [slug]: server.url }, { naming: "plain" });
  await house.api("PATCH", `/portals/${slug}/servers/${slug}`, curation);
});
afterAll(() => opened.disposeAsync());

async function shown(at: TestHouse = house) {
  const { servers } = await at.api<{ servers: Loose[] }>("GET", `/portals/${slug}`);
  const { server: _, mode, unmatched, ...entries } = servers.find((one) => one.server === slug) ?? {};
  return { mode, unmatched, entries };
}

/** What a caller is offered, on each list. */
async function offered(door: { url: string; token: string } = portal) {
  await using caller = await openCaller("modern", door);
  const read = async (method: string, list: string) => {
    const { message } = await caller.request(method);
    return ((message.result as Loose)[list] as Loose[])
      .map(({ uriTemplate, uri, name, description }) =>
        [uriTemplate ?? uri ?? name, description].filter(Boolean).join(": "),
      )
      .filter((line) => !line.startsWith("portal_"));
  };
  return [
    await read("tools/list", "tools"),
    await read("prompts/list", "prompts"),
    await read("resources/list", "resources"),
    await read("resources/templates/list", "resourceTemplates"),
  ];
}

const curated = [
  ["called: own", "described: said", "plain: own"],
  ["plain"],
  ["doc://plain"],
  ["plain://{n}"],
];
const kept = { mode: "all", unmatched: [], entries: curation };

test.each<[string, () => Promise<unknown>]>([
  ["another title", () => house.api("PATCH", `/portals/${slug}`, { title: "T" })],
  ["other instructions", () => house.api("PATCH", `/portals/${slug}`, { instructions: "I" })],
  ["a host name", () => house.api("PATCH", `/portals/${slug}`, { hostname: `${slug}.example.com` })],
  [
    "autoAccept, listing",
    () => house.api("PATCH", `/portals/${slug}`, { autoAccept: ["tool"], isListed: true }),
  ],
  [
    "its servers again, and more of them",
    async () => {
      const other = `${slug}-other`;
      await house.api("POST", "/servers", toRegistration(other, (await startEmpty()).url));
      await house.api("PATCH", `/portals/${slug}`, { servers: [other, slug] });
      await house.api("PUT", `/portals/${slug}/servers/${slug}`);
      await house.api("DELETE", `/portals/${slug}/servers/${other}`);
      await house.api("DELETE", `/servers/${other}`);
    },
  ],
  [
    "a server's title, limits, interval",
    () =>
      house.api("PATCH", `/servers/${slug}`, {
        title: "T",
        limits: { concurrency: 9 },
        syncIntervalSeconds: 60,
      }),
  ],
  ["a server's credentials", () => house.api("PATCH", `/servers/${slug}`, { bearerToken: "other" })],
  ["a sync", () => house.api("POST", `/servers/${slug}/sync`)],
  [
    "a failing sync, and a good one",
    async () => {
      server.broken = { "tools/list": { status: 500 } };
      await house.api("POST", `/servers/${slug}/sync`);
      server.broken = {};
      await house.api("POST", `/servers/${slug}/sync`);
    },
  ],
  [
    "a curation of something else, taken back",
    async () => {
      const path = `/portals/${slug}/servers/${slug}`;
      await house.api("PATCH", path, { tools: { plain: off } });
      await house.api("PATCH", path, { tools: { plain: null } });
    },
  ],
  [
    "changed definitions",
    async () => {
      server.stock = { ...stock, tools: stock.tools.map(({ name }) => ({ ...tool(name), title: "New" })) };
      await house.api("POST", `/servers/${slug}/sync`);
    },
  ],
  [
    "lists that come back after they were empty",
    async () => {
      server.stock = {};
      await house.api("POST", `/servers/${slug}/sync`);
      expect((await shown()).unmatched).toHaveLength(6);
      server.stock = stock;
      await house.api("POST", `/servers/${slug}/sync`);
    },
  ],
])("%s", async (_, edit) => {
  expect(await offered()).toEqual(curated);
  await edit();
  expect(await shown()).toEqual(kept);
  expect(await offered()).toEqual(curated);
});

test("a restart, and another replica", async () => {
  await using other = await startTestHouse({ beside: house });
  expect(await shown(other)).toEqual(kept);
  expect(await offered({ ...portal, url: portal.url.replace(house.url, other.url) })).toEqual(curated);
});

test("the same configuration applied again, and one with another title", async () => {
  const all = await house.api<Record<"servers" | "portals", Record<string, object>>>("GET", "/config/export");
  const document = {
    ...all,
    servers: { [slug]: all.servers[slug] },
    portals: { [slug]: all.portals[slug] },
  };
  expect(await house.api("POST", "/config/apply", { document, adopt: true })).toMatchObject({ syncing: [] });
  const portals = { ...document.portals, [slug]: { ...document.portals[slug], title: "T" } };
  await house.api("POST", "/config/apply", { document: { ...document, portals }, adopt: true });
  expect(await shown()).toEqual(kept);
  expect(await offered()).toEqual(curated);
});

test("what a server renames keeps what was decided of it, told apart by what it says", async () => {
  const [, , ...rest] = stock.tools;
  server.stock = { ...stock, tools: [tool("off_2", "own, off"), tool("renamed_2", "own, renamed"), ...rest] };
  await house.api("POST", `/servers/${slug}/sync`);
  // Both said the same before, so nobody can tell which is which: neither is dropped, both are told.
  expect((await shown()).unmatched).toEqual([
    { kind: "tool", name: "off" },
    { kind: "tool", name: "renamed" },
  ]);
  server.stock = { ...stock, tools: [tool("off_3", "own, off"), tool("renamed_2", "own, renamed"), ...rest] };
  await house.api("PATCH", `/portals/${slug}/servers/${slug}`, { tools: { off_2: off } });
  await house.api("POST", `/servers/${slug}/sync`);
  const { entries, unmatched } = await shown();
  expect(entries.tools).toEqual({ ...curation.tools, off_3: off });
  expect(unmatched).toEqual([
    { kind: "tool", name: "off" },
    { kind: "tool", name: "renamed" },
  ]);
  expect((await offered())[0]).not.toContain("off_3: own, off");
});

async function startEmpty(): Promise<StockedServer> {
  return opened.use(await startStocked("legacy"));
}
