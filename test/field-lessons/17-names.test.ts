/**
 * Field lesson 17: public names are at most 64 characters of what model providers take, unique, each leads to its own
 * tool, and none of them changes when a server is added, removed, or lists more.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startStocked, type StockedServer } from "../fixtures/stocked.ts";
import { openCaller } from "../harness/cells.ts";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import { toRegistration } from "../harness/registration.ts";
import type { Loose } from "../harness/callers/inbox.ts";

const opened = new AsyncDisposableStack();
let house: TestHouse;

beforeAll(async () => {
  house = opened.use(await startTestHouse());
});
afterAll(() => opened.disposeAsync());

const tool = (name: string) => ({ name, inputSchema: { type: "object" } });
const takenByProviders = /^[A-Za-z0-9_-]{1,64}$/;

const awkward = [
  "x".repeat(64),
  "x".repeat(63),
  `${"x".repeat(100)}1`,
  `${"x".repeat(100)}2`,
  "a.b",
  "a/b",
  "a b",
  "a_b",
  "A_B",
  "日本語",
  "日本",
  "portal_list_servers",
  "portal_execute",
  "__proto__",
  "constructor",
  "1",
];

let made = 0;

describe.each(["legacy", "modern"] as const)("%s", (era) => {
  /** By what the server was asked for: public name → the server's own. */
  async function namesOf(portal: TestPortal): Promise<string[]> {
    await using caller = await openCaller(era, portal);
    const { message } = await caller.request("tools/list");
    const names = ((message.result as Loose).tools as Loose[]).map(({ name }) => name as string);
    return names.filter((name) => name !== "portal_list_servers");
  }

  async function aimOf(portal: TestPortal, names: readonly string[], servers: readonly StockedServer[]) {
    await using caller = await openCaller(era, portal);
    const aims: string[] = [];
    for (const name of names) {
      for (const { recording } of servers) recording.clear();
      await caller.request("tools/call", { name });
      const [aim] = servers.flatMap(({ recording }, at) =>
        recording.of("tools/call").map(({ message }) => `${at} ${(message as Loose).params.name}`),
      );
      aims.push(aim ?? "nobody");
    }
    return aims;
  }

  /** What the catalog left out, and says so. */
  async function skippedBy(slugs: readonly string[]): Promise<string[]> {
    const shown = slugs.map((slug) => house.api<{ state: { skipped: string[] } }>("GET", `/servers/${slug}`));
    return (await Promise.all(shown)).flatMap(({ state }) => state.skipped);
  }

  async function open(naming: "prefixed" | "plain", ...stocks: (readonly string[])[]) {
    const servers: StockedServer[] = [];
    const slugs: Record<string, string> = {};
    for (const names of stocks) {
      const server = opened.use(await startStocked(era, { tools: names.map(tool) }));
      servers.push(server);
      slugs[`a-slug-as-long-as-it-gets-no-${++made}`.slice(0, 32)] = server.url;
    }
    return {
      servers,
      slugs: Object.keys(slugs),
      portal: await house.addPortal(`p${++made}`, slugs, { naming }),
    };
  }

  test.each(["prefixed", "plain"] as const)(
    "%s: awkward names, each leads to its own tool",
    async (naming) => {
      const { portal, servers, slugs } = await open(
        naming,
        awkward,
        awkward.slice(0, 8).map((name) => `${name}z`),
      );
      const names = await namesOf(portal);
      expect(await skippedBy(slugs)).toEqual([expect.stringContaining("__proto__")]);
      expect(names).toHaveLength(awkward.length - 1 + 8);
      expect(new Set(names).size).toBe(names.length);
      for (const name of names)
        expect(name).toMatch(naming === "plain" ? /^[A-Za-z0-9_.-]{1,64}$/ : takenByProviders);
      const aims = await aimOf(portal, names, servers);
      expect(aims).not.toContain("nobody");
      expect(new Set(aims).size).toBe(names.length);
    },
  );

  test.each(["prefixed", "plain"] as const)(
    "%s: a server that is added, moves up, or leaves changes no name of another",
    async (naming) => {
      const { portal, slugs } = await open(naming, ["read", "write", "x".repeat(64)]);
      const path = `/portals/${new URL(portal.url).pathname.split("/")[2]}`;
      const before = await namesOf(portal);
      const twin = opened.use(await startStocked(era, { tools: ["other", "more"].map(tool) }));
      const slug = `twin${++made}`;
      await house.api("POST", "/servers", toRegistration(slug, twin.url));
      await house.api("PUT", `${path}/servers/${slug}`);
      expect((await namesOf(portal)).slice(0, 3)).toEqual(before);
      await house.api("PATCH", path, { servers: [slug, ...slugs] });
      expect((await namesOf(portal)).slice(2)).toEqual(before);
      twin.stock = { tools: ["other", "more", "yet"].map(tool) };
      await house.api("POST", `/servers/${slug}/sync`);
      expect((await namesOf(portal)).slice(3)).toEqual(before);
      await house.api("DELETE", `${path}/servers/${slug}`);
      expect(await namesOf(portal)).toEqual(before);
    },
  );

  test("two servers with the same names, prefixed: both are there, and neither answers for the other", async () => {
    const { portal, servers, slugs } = await open("prefixed", ["read"], ["read"]);
    const names = await namesOf(portal);
    expect(names).toEqual(slugs.map((slug) => `${slug}_read`));
    expect(await aimOf(portal, names, servers)).toEqual(["0 read", "1 read"]);
  });

  test("two servers with the same names, plain and approved by a person: the first keeps its name", async () => {
    const { servers, slugs, portal } = await open("plain", ["read"], ["read", "list"]);
    for (const slug of slugs) {
      await house.api("PATCH", `/servers/${slug}`, { autoAccept: [] });
      const { items } = await house.api<{ items: Loose[] }>("GET", `/servers/${slug}/definitions`);
      const definitions = items.map(({ kind, name, fingerprint }) => ({ kind, name, fingerprint }));
      await house.api("POST", `/servers/${slug}/definitions/approve`, { definitions });
    }
    const names = await namesOf(portal);
    expect(names).toEqual(["read", `${slugs[1]}_read`, "list"]);
    expect(await aimOf(portal, names, servers)).toEqual(["0 read", "1 read", "1 list"]);
  });

  test("whatever servers call their tools", async () => {
    const { servers, slugs, portal } = await open("prefixed", [], []);
    const name = fc.oneof(
      fc.string({ minLength: 1, maxLength: 90 }),
      fc.string({ minLength: 1, maxLength: 90, unit: "grapheme" }),
      fc.constantFrom(...awkward),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { maxLength: 8 }),
        fc.uniqueArray(name, { maxLength: 8 }),
        async (a, b) => {
          for (const [at, names] of [a, b].entries()) {
            const server = servers[at];
            if (server) server.stock = { tools: names.map(tool) };
            await house.api("POST", `/servers/${slugs[at]}/sync`);
          }
          const names = await namesOf(portal);
          expect(new Set(names).size).toBe(names.length);
          for (const one of names) expect(one).toMatch(takenByProviders);
          // What is left out (a name with control characters, say) is told; the rest is all there.
          const left = await skippedBy(slugs);
          expect(names).toHaveLength(a.length + b.length - left.length);
          const aims = await aimOf(portal, names, servers);
          expect(new Set(aims).size).toBe(names.length);
          expect(aims).not.toContain("nobody");
        },
      ),
      { numRuns: 15 },
    );
  });
});
