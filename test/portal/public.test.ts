/** Whoever comes without a token: only where a portal says so, to read, and within limits of their own. */
import { isFault, systemClock } from "@castellan/kernel";
import { createRateLimiter } from "@castellan/limits";
import { createDoor, portalTools } from "@castellan/portal";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startRawModern } from "../fixtures/raw-modern.ts";
import { openLegacy, parsed, rpc, say, sayModern, type Loose, type Said } from "./client.ts";
import { openPortals, type Portals } from "./open-portals.ts";

let house: Portals;
let url: string;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  house = opened.use(await openPortals());
  const complete = (result: object) => JSON.stringify({ resultType: "complete", ...result });
  const tool = (name: string, annotations: object) => ({
    name,
    inputSchema: { type: "object" },
    annotations,
  });
  const server = opened.use(
    await startRawModern({
      capabilities: '{"tools":{}}',
      script: {
        "tools/list": () =>
          complete({
            tools: [tool("look", { readOnlyHint: true }), tool("put", { destructiveHint: false })],
          }),
        "tools/call": () => complete({ content: [] }),
      },
    }),
  );
  await house.sync("docs", server.url);
  ({ url } = await house.open("open", ["docs"]));
  await house.open("closed", ["docs"]);
  await house.portals.change("open", { access: [{ who: "public", classes: ["read"] }] });
  await house.portals.change("closed", { access: [{ who: "everyone", classes: ["read"] }] });
  await house.flush();
});

afterEach(() => {
  expect([house.faults, house.errors]).toEqual([[], []]);
});

afterAll(() => opened.disposeAsync());

async function ask(method: string, params: Record<string, unknown> = {}, at = url, more: Said = {}) {
  const heard = await sayModern({ url: at, token: undefined as never }, method, params, more);
  const body: Loose = parsed((await heard.all).at(-1));
  return { status: heard.status, headers: heard.headers, body, code: body.error?.data.code ?? "ok" };
}

test("the public reads, and nothing else is there for it", async () => {
  const { body } = await ask("tools/list");
  const names = body.result.tools.map((one: { name: string }) => one.name);
  expect(names.filter((name: string) => !portalTools.find(name))).toEqual(["docs_look"]);
  expect((await ask("tools/call", { name: "docs_look" })).code).toBe("ok");
  expect((await ask("tools/call", { name: "docs_put" })).code).toBe("tool_unknown");
  expect((await house.records()).at(-1)).toMatchObject({
    principalKind: "public",
    principalId: "public:127.0.0.1",
    target: "docs_put",
    outcome: "refused",
  });
});

test("legacy clients of the public have sessions, bound to their address", async () => {
  const client = await openLegacy({ url, token: undefined as never });
  expect(parsed(await client.call("tools/call", { name: "docs_look" }))["result"]).toMatchObject({
    content: [],
  });
  const stream = await client.stream();
  expect(stream.status).toBe(200);
  stream.leave();
  expect(await client.end()).toBe(204);
});

test("nobody comes in without a token elsewhere, nor where the address says so", async () => {
  for (const at of [url.replace("open", "closed"), url.replace("open", "nowhere"), `${url}?sign_in=required`])
    expect((await ask("tools/list", {}, at)).code).toBe("token_missing");
  const { headers, status } = await ask("tools/list", {}, `${url}?sign_in=required`);
  expect([status, headers["www-authenticate"]]).toEqual([
    401,
    'Bearer scope="portal:open docs:read", resource_metadata="http://127.0.0.1/.well-known/oauth-protected-resource/p/open/mcp"',
  ]);
  expect((await ask("tools/list", {}, `${url}?sign_in=perhaps`)).code).toBe("invalid_input");
});

test.each(["Bearer nonsense", "Basic eDp5", "Bearer", ""])(
  "who comes with what is no token (%j) is not taken for the public",
  async (authorization) => {
    const { status } = await ask("tools/list", {}, url, { headers: { authorization } });
    expect(status).toBe(401);
  },
);

test("a flood of the public is refused before it is read or recorded", async () => {
  await house.portals.change("open", {
    publicLimits: { requestsPerMinute: 100, requestsPerMinutePerAddress: 10 },
  });
  await house.flush();
  const before = (await house.records()).length;
  const answers = await Promise.all(
    Array.from({ length: 60 }, () => say(url, { body: rpc(1, "tools/call", { name: "no" }) })),
  );
  const limited = answers.filter(({ status }) => status === 429);
  expect(limited.length).toBeGreaterThanOrEqual(50);
  for (const { headers } of limited) expect(Number(headers["retry-after"])).toBeGreaterThan(0);
  await Promise.all(answers.map(({ all }) => all));
  expect((await house.records()).length - before).toBe(60 - limited.length);
});

test("the public of one portal is refused everywhere once its rule is gone, and its streams end", async () => {
  await house.portals.change("open", {
    publicLimits: { requestsPerMinute: 1_000_000, requestsPerMinutePerAddress: 1_000_000 },
  });
  await house.flush();
  let heard = await sayModern({ url, token: undefined as never }, "subscriptions/listen", {
    notifications: { toolsListChanged: true },
  });
  while (heard.status === 429) {
    await heard.all;
    heard = await sayModern({ url, token: undefined as never }, "subscriptions/listen", {
      notifications: { toolsListChanged: true },
    });
  }
  await heard.next();
  await house.portals.change("open", { access: [] });
  await house.flush();
  expect(parsed((await heard.all).at(-1))).toMatchObject({ result: { resultType: "complete" } });
  expect((await ask("tools/list")).code).toBe("token_missing");
});

test("a replica that hears of no changes lets nobody in without a token either, and ends nothing", async () => {
  let isFresh = true;
  await house.portals.change("open", { access: [{ who: "public", classes: ["read"] }] });
  await house.flush();
  await using rates = createRateLimiter({ database: house.database, clock: systemClock, onError: () => {} });
  const { directory } = house;
  const authenticator = { authenticate: () => Promise.reject(new Error("no token was sent")) };
  const door = createDoor({
    authenticator,
    standings: { again: () => undefined },
    directory,
    rates,
    changes: { isFresh: () => isFresh },
  });
  const comes = () =>
    door.admit({
      portalSlug: "open",
      ownHost: undefined,
      option: () => [],
      authorization: undefined,
      address: "192.0.2.7",
    });
  const principal = await comes();
  expect(principal).toMatchObject({ kind: "public", id: "public:192.0.2.7" });
  isFresh = false;
  const stale = (error: unknown) => isFault(error, "replica_stale");
  expect(comes).toThrow(expect.toSatisfy(stale));
  expect(() => door.again({ principal, authorization: undefined, portal: "open" })).toThrow(
    expect.toSatisfy(stale),
  );
});
