/**
 * Field lesson 21: what a caller is not to have is not there for them: on no list, in no search, in no word of an
 * error, and behind no door: not by its name, through the portal's own tools, another connection, another host, a
 * template, nor a task.
 */
import { toolClasses } from "@castellan/access";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startLivelyModern } from "../fixtures/lively/modern.ts";
import { startStocked, type StockedServer } from "../fixtures/stocked.ts";
import type { Door } from "../harness/callers/caller.ts";
import type { Loose } from "../harness/callers/inbox.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { openCaller } from "../harness/cells.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { everyKind } from "../harness/registration.ts";
import { exchange } from "../fidelity/wire.ts";
import { everythingTold, helloOf, openAt, outcomes, waysTo, type Kind } from "../reviews/scene.ts";

const opened = new AsyncDisposableStack();
let house: TestHouse;
let servers: Readonly<Record<"shared" | "sealed", StockedServer>>;
let door: Door;

/** Everything that the caller is not to have has this in its name and in what it says. */
const secret = "hush";

const of = (name: string) => ({
  tools: [{ name, description: name, inputSchema: { type: "object", description: name } }],
  prompts: [{ name, description: name }],
  resources: [{ uri: `doc://${name}`, name }],
  resourceTemplates: [{ uriTemplate: `${name}://{n}`, name }],
});

function together(...stocks: ReturnType<typeof of>[]) {
  return {
    tools: stocks.flatMap(({ tools }) => tools),
    prompts: stocks.flatMap(({ prompts }) => prompts),
    resources: stocks.flatMap(({ resources }) => resources),
    resourceTemplates: stocks.flatMap(({ resourceTemplates }) => resourceTemplates),
  };
}

/** Why each of them is denied. */
const reasons = ["off", "waiting", "rejected", "changed"] as const;
const nameOf = (reason: string) => `${secret}-${reason}`;

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  const seen = together(of("seen"), of(nameOf("off")), of(nameOf("rejected")), of(nameOf("changed")));
  servers = {
    shared: opened.use(await startStocked("modern", seen)),
    sealed: opened.use(await startStocked("legacy", { ...of(`${secret}-sealed`), instructions: secret })),
  };
  const add = (slug: string, { url }: StockedServer, more: object) =>
    house.api("POST", "/servers", { slug, url, allowPrivate: [new URL(url).host], ...more });
  await add("shared", servers.shared, { title: "Shared" });
  await add(`${secret}-server`, servers.sealed, {
    title: secret,
    description: secret,
    autoAccept: everyKind,
  });
  await decide("approve", ({ name }) => !name.includes("rejected"));
  await decide("reject", ({ name }) => name.includes("rejected"));
  const retitled = Object.fromEntries(
    Object.entries(of(nameOf("changed"))).map(([list, items]) => [
      list,
      items.map((item) => ({ ...item, title: secret })),
    ]),
  ) as unknown as ReturnType<typeof of>;
  const rest = ["off", "rejected", "waiting"].map((reason) => of(nameOf(reason)));
  servers.shared.stock = together(of("seen"), ...rest, retitled);
  await house.api("POST", "/servers/shared/sync");
  const off = { enabled: false };
  const name = nameOf("off");
  await house.api("POST", "/portals", {
    slug: "mine",
    servers: [
      {
        server: "shared",
        tools: { [name]: off },
        prompts: { [name]: off },
        resources: { [`doc://${name}`]: off },
        resourceTemplates: { [`${name}://{n}`]: off },
      },
    ],
  });
  await house.api("POST", "/portals", {
    slug: `${secret}-portal`,
    title: secret,
    hostname: `${secret}.example.com`,
    servers: [`${secret}-server`, "shared"],
  });
  const { secret: token } = await house.api<{ secret: string }>("POST", "/tokens", {
    name: "caller",
    role: "member",
    portals: ["mine"],
    allow: toolClasses,
  });
  door = { url: `${house.url}/p/mine/mcp`, token };
});
afterAll(() => opened.disposeAsync());

async function decide(
  what: "approve" | "reject",
  isMeant: (item: { name: string }) => boolean,
): Promise<void> {
  const { items } = await house.api<{ items: Loose[] }>("GET", "/servers/shared/definitions");
  const definitions = items
    .filter((item) => isMeant(item as { name: string }))
    .map(({ kind, name, fingerprint }) => ({ kind, name, fingerprint }));
  await house.api("POST", `/servers/shared/definitions/${what}`, { definitions });
}

const kinds: readonly Kind[] = ["tool", "prompt", "resource", "resource_template"];

/** As callers of a portal with prefixed names would say it. */
function publicName(kind: Kind, server: string, name: string): string {
  if (kind === "resource") return `doc://${name}`;
  return kind === "resource_template" ? `${name}://{n}` : `${server}_${name}`;
}

const codes = {
  tool: "tool_unknown",
  prompt: "prompt_unknown",
  resource: "resource_unknown",
  resource_template: "resource_unknown",
};

describe.each(["legacy", "modern"] as const)("%s", (era) => {
  test("on no list, in no search, in no greeting; what is not denied is there", async () => {
    await using caller = await openCaller(era, door);
    const told = await everythingTold(caller, door);
    expect(told).toContain('"shared_seen"');
    expect(told).not.toContain(secret);
    const hello = (await helloOf(era, door)).message.result as Loose;
    expect(hello._meta["dev.castellan/servers"].map(({ server }: Loose) => server)).toEqual(["shared"]);
    expect(hello.instructions).toBeUndefined();
  });

  test.each(kinds.flatMap((kind) => reasons.map((reason) => [kind, reason] as const)))(
    "a %s that is %s: no way leads to it, and nothing of it reaches the server",
    async (kind, reason) => {
      await using caller = await openCaller(era, door);
      expect(new Set(await outcomes(caller, door, kind, publicName(kind, "shared", "seen")))).toEqual(
        new Set(["ok"]),
      );
      servers.shared.recording.clear();
      const name = publicName(kind, "shared", nameOf(reason));
      expect(new Set(await outcomes(caller, door, kind, name))).toEqual(new Set([codes[kind]]));
      if (kind === "resource")
        for (const alias of [
          `gw+shared:${name}`,
          name.toUpperCase(),
          `${name}#x`,
          name.replace("doc", "DOC"),
        ]) {
          const { message } = await caller.request("resources/read", { uri: alias });
          expect([alias, message.result]).toEqual([alias, undefined]);
        }
      expect(servers.shared.recording.of("resources/read")).toEqual([]);
      expect(servers.shared.recording.requests.filter(({ body }) => body.includes(secret))).toEqual([]);
    },
  );

  test("watching a denied resource", async () => {
    servers.shared.recording.clear();
    const uris = reasons.map((reason) => `doc://${nameOf(reason)}`);
    if (era === "legacy") {
      await using caller = await openCaller(era, door);
      for (const uri of uris) {
        const { message } = await caller.request("resources/subscribe", { uri });
        expect(message.error).toMatchObject({ data: { code: "resource_unknown" } });
      }
    } else {
      await using caller = new ModernCaller(door);
      await caller.listen({ resourceSubscriptions: [...uris, "doc://seen"] });
      const { message } = await caller.inbox.when("notifications/subscriptions/acknowledged");
      expect(message["params"].notifications).toEqual({ resourceSubscriptions: ["doc://seen"] });
    }
    expect(servers.shared.recording.requests.filter(({ body }) => body.includes(secret))).toEqual([]);
  });

  test.each(kinds)(
    "a %s of another portal is told apart from one that never was by nothing",
    async (kind) => {
      await using caller = await openCaller(era, door);
      const [there, never] = await Promise.all(
        [`${secret}-sealed`, "never-was"].map(async (name) => {
          const full = publicName(kind, `${secret}-server`, name);
          const replies = await Promise.all(
            waysTo(kind, full)
              .filter(({ isExecuted }) => !isExecuted)
              .map(({ method, params }) => caller.request(method, params)),
          );
          // Whatever they say holds the name that was asked for, and their own ids.
          return replies.map(({ status, message }) => {
            const text = JSON.stringify(message.error ?? message.result).replaceAll(name, "NAME");
            return [status, text.replaceAll(/"requestId":"[^"]*"/g, "")];
          });
        }),
      );
      expect(there).toEqual(never);
      expect(
        servers.sealed.recording.requests.filter(({ method }) =>
          /^(tools\/call|prompts\/get|resources\/read|completion)/.test(method ?? ""),
        ),
      ).toEqual([]);
    },
  );

  test("a connection that names another portal's server, and one that names none", async () => {
    const answers = await Promise.all(
      [`${secret}-server`, "never-was"].map(async (slug) => {
        const { status, text } = await exchange(`${door.url}?servers=${slug}`, initialize(era));
        return [status, text.replaceAll(slug, "NAME").replaceAll(/req_\w+/g, "")];
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.[0]).toBe(400);
    const narrowed = await openAt(era, door, "servers=shared&optimize_context=search_and_execute");
    const name = `${secret}-server_${secret}-sealed`;
    const { message } = await narrowed.request("tools/call", { name: "portal_execute", arguments: { name } });
    expect(message.error).toMatchObject({ data: { code: "tool_unknown" } });
  });

  test("another portal, by its path and by its own host, is as one that is not there", async () => {
    const paths = [`/p/${secret}-portal/mcp`, "/p/never-was/mcp"];
    const ask = (path: string, host?: string) => {
      const { headers, ...rest } = initialize(era);
      const sent = { ...headers, ...(host !== undefined && { host }) };
      return exchange(`${house.url}${path}`, { ...rest, headers: sent });
    };
    const [there, never] = (await Promise.all(paths.map((path) => ask(path)))).map(({ status, text }) => [
      status,
      text.replaceAll(/req_\w+|never-was|hush-portal/g, ""),
    ]);
    expect(there).toEqual(never);
    expect(there?.[0]).toBe(404);
    for (const path of ["/mcp", "/p/mine/mcp"]) {
      const { status, text } = await ask(path, `${secret}.example.com`);
      expect([path, status]).toEqual([path, 404]);
      expect(text).not.toContain(`${secret}-portal`);
    }
  });

  function initialize(of: "legacy" | "modern") {
    const meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const legacy = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "c", version: "1" },
    };
    const method = of === "legacy" ? "initialize" : "tools/list";
    const params = of === "legacy" ? legacy : { _meta: meta };
    return {
      headers: {
        authorization: `Bearer ${door.token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...(of === "modern" && { "mcp-protocol-version": "2026-07-28", "mcp-method": method }),
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    };
  }
});

test("the catalog and the registry tell a member of what they may use, and of nothing else", async () => {
  const headers = { authorization: `Bearer ${door.token}` };
  const answers = await Promise.all(
    ["/api/v1/catalog", `/api/v1/catalog?q=${secret}`, "/v0.1/servers", `/v0.1/servers?search=${secret}`].map(
      async (path) => exchange(`${house.url}${path}`, { method: "GET", headers }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const [catalog, searched, registry, found] = answers.map(({ text }) => JSON.parse(text) as Loose);
  expect(catalog.items).toMatchObject([
    {
      slug: "shared",
      portals: [{ slug: "mine", counts: { tools: 1, prompts: 1, resources: 1, resourceTemplates: 1 } }],
    },
  ]);
  expect(registry.servers.length).toBeGreaterThan(0);
  expect([searched.items, found.servers]).toEqual([[], []]);
  expect(answers.map(({ text }) => text).join("")).not.toContain(secret);
  const portal = `/api/v1/catalog?portal=${secret}-portal`;
  const never = "/api/v1/catalog?portal=never-was";
  const [there, nowhere] = await Promise.all(
    [portal, never].map((path) => exchange(`${house.url}${path}`, { method: "GET", headers })),
  );
  expect([there?.status, there?.text]).toEqual([nowhere?.status, nowhere?.text]);
});

test("of an admin's resources a member is told nothing, whether they are there or not", async () => {
  const headers = { authorization: `Bearer ${door.token}` };
  for (const path of ["/servers", "/portals"])
    for (const one of ["", `/${secret}-server`, `/${secret}-portal`, "/never-was"]) {
      const { status, text } = await exchange(`${house.url}/api/v1${path}${one}`, { method: "GET", headers });
      expect([path, one, status, JSON.parse(text)]).toMatchObject([
        path,
        one,
        403,
        { code: "permission_required" },
      ]);
      expect(text).not.toMatch(/hush/);
    }
});

test("a task of one portal is none of another, nor of another caller", async () => {
  await using lively = await startLivelyModern();
  const one = await house.addPortal("tasks-one", { lively: lively.url });
  await house.api("POST", "/portals", { slug: "tasks-two", servers: ["shared", "lively"] });
  const tokenFor = async (name: string, ...portals: string[]) =>
    (
      await house.api<{ secret: string }>("POST", "/tokens", {
        name,
        role: "member",
        portals,
        allow: toolClasses,
      })
    ).secret;
  const both = await tokenFor("both", "tasks-one", "tasks-two");
  const other = await tokenFor("other", "tasks-one");
  await using caller = new ModernCaller({ url: one.url, token: both });
  const { message } = await caller.request("tools/call", { name: "lively_work" });
  const { taskId } = message.result as { taskId: string };
  const get = async (url: string, token: string) => {
    const { message: got } = await new ModernCaller({ url, token }).request("tasks/get", { taskId });
    return got.result === undefined ? ((got.error as Loose).data.code as string) : "ok";
  };
  expect([
    await get(one.url, both),
    await get(one.url, other),
    await get(`${house.url}/p/tasks-two/mcp`, both),
    await get(`${one.url}?servers=lively`, both),
  ]).toEqual(["ok", "task_unknown", "task_unknown", "ok"]);
});
