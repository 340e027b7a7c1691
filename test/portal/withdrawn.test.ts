/** What was given is taken away: on every replica, from what is under way too, within the moment in which it is read. */
import type { User } from "@castellan/access";
import { sql } from "@castellan/database";
import type { CodemodePort } from "@castellan/portal";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startRawLegacy, type RawLegacyServer } from "../fixtures/raw-legacy.ts";
import { callersOf } from "./callers.ts";
import { metaKeys } from "../fixtures/modern-rules.ts";
import { RpcError, type Call } from "../fixtures/script.ts";
import { openLegacy, parsed, rpc, sayModern, type Door, type Heard, type Loose } from "./client.ts";
import { openPortals, type Portals } from "./open-portals.ts";

let here: Portals;
let there: Portals;
let server: RawLegacyServer;
let callers: ReturnType<typeof callersOf>;
let user: User;
let called: PromiseWithResolvers<void>;
let cancelled: PromiseWithResolvers<void>;
let opened: AsyncDisposableStack;
let running: PromiseWithResolvers<void>;

const ownCall = { name: "portal_codemode_execute", arguments: { code: "1" } };
const inCodeMode = (door: Door): Door => ({ ...door, url: `${door.url}?codemode=search_and_execute` });

/** A tool of the portal's own that has something to say also when it was told to end. */
const codemode: CodemodePort = {
  toolNames: { search: "portal_codemode_search", execute: "portal_codemode_execute" },
  definitions: () =>
    ["portal_codemode_search", "portal_codemode_execute"].map((name) => `{"name":"${name}"}`),
  apiDefinitions: () => [],
  ownTool: ({ name }) => ({
    name,
    async call({ cancel: { signal } }) {
      running.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      return { kind: "result", text: '{"resultType":"complete","content":[]}', outcome: "ok" };
    },
  }),
  ownResource: async () => undefined,
};

const scopes = ["portal:main", "portal:main:read", "portal:main:write"];

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  here = opened.use(await openPortals());
  there = opened.use(await openPortals({ beside: here, codemode }));
  running = Promise.withResolvers();
  callers = callersOf(here.database);
  called = Promise.withResolvers();
  cancelled = Promise.withResolvers();
  const tool = (name: string, annotations: object) => ({
    name,
    inputSchema: { type: "object" },
    annotations,
  });
  server = opened.use(
    await startRawLegacy({
      capabilities: '{"tools":{"listChanged":true},"resources":{"subscribe":true}}',
      script: {
        "tools/list": () =>
          JSON.stringify({
            tools: [tool("look", { readOnlyHint: true }), tool("put", { destructiveHint: false })],
          }),
        "tools/call": async (_: Loose, call: { signal: AbortSignal }) => {
          called.resolve();
          await new Promise((resolve) => call.signal.addEventListener("abort", resolve, { once: true }));
          cancelled.resolve();
          throw new RpcError(-32000, "cancelled");
        },
        "resources/list": () => '{"resources":[{"uri":"x://1","name":"1"}]}',
        "resources/subscribe": () => "{}",
      },
    }),
  );
  await here.sync("slow", server.url);
  await here.open("main", ["slow"]);
  await here.portals.change("main", { access: [{ who: "everyone", classes: ["read", "write"] }] });
  user = await callers.person("ann");
  await both();
});

afterEach(async () => {
  const seen = [here.faults, here.errors, there.faults, there.errors];
  await opened.disposeAsync();
  expect(seen).toEqual([[], [], [], []]);
});

const both = () => Promise.all([here.flush(), there.flush()]);
const doorAt = (house: Portals, token: string): Door => ({ url: `${house.server.url}/p/main/mcp`, token });

async function outcome(heard: Heard) {
  const { error } = parsed((await heard.all).at(-1));
  return [heard.status, error?.data.code ?? "ok"];
}

const list = async (house: Portals, token: string) =>
  outcome(await sayModern(doorAt(house, token), "tools/list"));

const ways: [string, string, (grant: { token: string; grantId: Loose }) => Promise<unknown>][] = [
  [
    "the grant is ended",
    "token_invalid",
    ({ grantId }) =>
      here.database.transaction(async (tx) => {
        await tx.query(sql`update grants set ended_at = now() where id = ${grantId}`);
        await tx.query(sql`insert into changes (topic, key) values ('grants', ${grantId})`);
      }),
  ],
  [
    "the person is suspended",
    "token_invalid",
    () => callers.people.change(user.id, { status: "suspended" }, { by: "owner" }),
  ],
  ["the person is removed", "token_invalid", () => callers.people.remove(user.id, { by: "owner" })],
  [
    "the rule that let them in ends by itself",
    "portal_unknown",
    () => {
      const until = new Date(Date.now() + 200).toISOString();
      return here.portals.change("main", {
        access: [{ who: "everyone", classes: ["read", "write"], until }],
      });
    },
  ],
  [
    "the portal is for reading only, and the person may write only",
    "portal_unknown",
    () =>
      here.portals.change("main", { access: [{ who: "everyone", classes: ["write"] }], isReadOnly: true }),
  ],
  ["the portal lets nobody in any more", "portal_unknown", () => here.portals.change("main", { access: [] })],
];

test.each(ways)(
  "%s: streams, calls under way and sessions end on both replicas",
  async (_, code, withdraw) => {
    const grant = await callers.grant(user, "main", scopes);
    const doors = [doorAt(here, grant.token), doorAt(there, grant.token)];
    const sessions = await Promise.all(doors.map((door) => openLegacy(door)));
    const streams = [
      ...(await Promise.all(sessions.map((session) => session.stream()))),
      ...(await Promise.all(
        doors.map((door) =>
          sayModern(door, "subscriptions/listen", { notifications: { toolsListChanged: true } }),
        ),
      )),
    ];
    for (const stream of streams.slice(2)) await stream.next();
    const calls = sessions.map((session) => session.send(rpc(7, "tools/call", { name: "slow_look" })));
    const own = sayModern(inCodeMode(doors[1] as Door), "tools/call", ownCall);
    await running.promise;
    await called.promise;
    const modern = sayModern(doors[1] as Door, "tools/call", { name: "slow_look" });

    const startedMs = performance.now();
    await withdraw(grant);
    await Promise.all(streams.map(({ all }) => all));
    // The replica that ends a session ends it at its servers, which may be sooner than the other one has read of it.
    for (const call of await Promise.all([...calls, modern, own]))
      expect(parsed((await call.all).at(-1))).toHaveProperty("error");
    await cancelled.promise;
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect([await list(here, grant.token), await list(there, grant.token)]).toEqual([
      [code === "token_invalid" ? 401 : 404, code],
      [code === "token_invalid" ? 401 : 404, code],
    ]);
  },
);

test("a person's sessions by one client end with what they gave it; those of another go on", async () => {
  const [mine, other] = [
    await callers.grant(user, "main", scopes, "https://a.example/app.json"),
    await callers.grant(user, "main", scopes, "https://b.example/app.json"),
  ];
  const [gone, left] = [
    await openLegacy(doorAt(here, mine.token)),
    await openLegacy(doorAt(here, other.token)),
  ];
  await callers.people.change(user.id, { name: "Ann" }, { by: "owner" });
  await both();
  expect(parsed(await gone.call("ping"))["result"]).toEqual({});
  await here.database.transaction(async (tx) => {
    await tx.query(sql`update grants set ended_at = now() where id = ${mine.grantId}`);
    await tx.query(sql`insert into changes (topic, key) values ('grants', ${mine.grantId})`);
  });
  await both();
  const ids = async () =>
    (await here.database.query<{ id: string }>(sql`select id from sessions`)).map(({ id }) => id);
  await expect.poll(ids).toEqual([left.session]);
  expect(parsed(await left.call("ping"))["result"]).toEqual({});
});

test("a client may go on in its session with its next token", async () => {
  const { token, grantId } = await callers.grant(user, "main", scopes);
  const client = await openLegacy(doorAt(here, token));
  const stream = await client.stream();
  const clientId = "https://client.example/app.json";
  const next = await callers.token({ grantId, clientId, portal: "main", scopes });
  await here.database.transaction(async (tx) => {
    const hash = (
      await tx.query<{ hash: Buffer }>(
        sql`update access_tokens set revoked_at = now() where grant_id = ${grantId}
             and created_at = (select min(created_at) from access_tokens where grant_id = ${grantId}) returning hash`,
      )
    )[0]?.hash.toString("base64url");
    await tx.query(sql`insert into changes (topic, key) values ('access_tokens', ${hash ?? ""})`);
  });
  await both();
  expect(await stream.all).toEqual([]);
  expect(await list(here, token)).toEqual([401, "token_invalid"]);
  const renewed = client.at(doorAt(there, next));
  expect(parsed(await renewed.call("ping"))["result"]).toEqual({});
  const again = await renewed.stream();
  expect(again.status).toBe(200);
  again.leave();
});

test("a call ends when what it is a use of is taken away, and one that is a use of something else goes on", async () => {
  const { token } = await callers.grant(user, "main", scopes);
  const client = await openLegacy(doorAt(here, token));
  const writing = client.send(rpc(1, "tools/call", { name: "slow_put" }));
  const reading = client.send(rpc(2, "tools/call", { name: "slow_look" }));
  await called.promise;
  await here.portals.change("main", { access: [{ who: "everyone", classes: ["read"] }] });
  await both();
  expect(await outcome(await writing)).toEqual([expect.any(Number), "access_withdrawn"]);
  await client.send(rpc(undefined, "notifications/cancelled", { requestId: 2 }));
  await (
    await reading
  ).all;
});

test("a call that waits for its caller's answers ends, too, while nobody waits for it", async () => {
  server.script = {
    ...server.script,
    "tools/call": async function* (_: Loose, call: Call) {
      call.signal.addEventListener("abort", () => cancelled.resolve(), { once: true });
      yield call.ask(
        0,
        "elicitation/create",
        '{"message":"who?","requestedSchema":{"type":"object","properties":{}}}',
      );
      await call.answerTo(0);
    },
  };
  await here.sync("asking", server.url, { clientFeatures: ["elicitation_form"] });
  await here.portals.putServer("main", "asking");
  await both();
  const { token } = await callers.grant(user, "main", scopes);
  const meta = { [metaKeys.clientCapabilities]: { elicitation: { form: {} } } };
  const asked = await sayModern(doorAt(here, token), "tools/call", { name: "asking_look" }, { meta });
  expect(parsed((await asked.all).at(-1))["result"].resultType).toBe("input_required");
  await callers.people.change(user.id, { status: "suspended" }, { by: "owner" });
  await cancelled.promise;
});

test("that its token expires ends a stream, and no call that began before", async () => {
  const { grantId } = await callers.grant(user, "main", scopes);
  const clientId = "https://client.example/app.json";
  const expiresAt = new Date(Date.now() + 1_500);
  const token = await callers.token({ grantId, clientId, portal: "main", scopes, expiresAt });
  const client = await openLegacy(doorAt(here, token));
  const stream = await client.stream();
  const call = client.send(rpc(1, "tools/call", { name: "slow_look" }));
  await called.promise;
  await expect.poll(() => list(here, token), { timeout: 5_000 }).toEqual([401, "token_expired"]);
  // Whoever it is about, everybody is asked for again.
  await callers.people.change(user.id, { name: "Ann" }, { by: "owner" });
  await both();
  expect(await stream.all).toEqual([]);
  const next = await callers.token({ grantId, clientId, portal: "main", scopes });
  const renewed = client.at(doorAt(here, next));
  expect(parsed(await renewed.call("ping"))["result"]).toEqual({});
  await renewed.send(rpc(undefined, "notifications/cancelled", { requestId: 1 }));
  await cancelled.promise;
  await (
    await call
  ).all;
  expect((await here.records()).find(({ method }) => method === "tools/call")?.outcome).toBe("cancelled");
});

test("lists are told as changed when they are others to this caller, and not otherwise", async () => {
  const { token } = await callers.grant(user, "main", scopes);
  await here.portals.change("main", { access: [{ who: "everyone", classes: ["read"] }] });
  await both();
  const client = await openLegacy(doorAt(here, token));
  const stream = await client.stream();
  const heard = await sayModern(doorAt(there, token), "subscriptions/listen", {
    notifications: { toolsListChanged: true, promptsListChanged: true },
  });
  expect(parsed(await heard.next())["method"]).toBe("notifications/subscriptions/acknowledged");
  const methods = async (of: Heard) => parsed(await of.next())["method"];
  const curate = async (name: string, description: string) => {
    await here.portals.changeCuration("main", "slow", { entries: { tool: { [name]: { description } } } });
    await both();
  };
  // A change of what they may not use is none to them: what is told first is what comes after it.
  await curate("put", "other");
  await here.portals.change("main", { access: [{ who: "everyone", classes: ["read", "write"] }] });
  await both();
  // Whoever sees another part of it is told of what is another one there.
  expect([await methods(heard), await methods(stream)]).toEqual([
    "notifications/tools/list_changed",
    "notifications/tools/list_changed",
  ]);
  await curate("look", "other");
  expect([await methods(heard), await methods(stream)]).toEqual([
    "notifications/tools/list_changed",
    "notifications/tools/list_changed",
  ]);
  for (const one of [heard, stream]) one.leave();
});

test("a group that somebody leaves takes what it gave along, while their stream goes on", async () => {
  const group = await callers.groups.add({ directory: "workforce", name: "writers" });
  await here.portals.change("main", {
    access: [
      { who: "everyone", classes: ["read"] },
      { who: "group:writers", classes: ["write"] },
    ],
  });
  await callers.groups.addMember(group.id, user.id);
  const { token } = await callers.grant(user, "main", scopes);
  await both();
  const heard = await sayModern(doorAt(there, token), "subscriptions/listen", {
    notifications: { toolsListChanged: true },
  });
  await heard.next();
  const call = async () =>
    outcome(await sayModern(doorAt(there, token), "tools/call", { name: "slow_put", arguments: {} }));
  await callers.groups.removeMember(group.id, user.id);
  await both();
  expect(parsed(await heard.next())["method"]).toBe("notifications/tools/list_changed");
  expect(await call()).toEqual([200, "tool_unknown"]);
  heard.leave();
});
