/**
 * Field lesson 23: there is no option that does nothing and says nothing. What is not known is refused with its name,
 * wherever options are given; what waits for a name that is not there (yet) is told.
 */
import { randomBytes } from "node:crypto";
import { createToken } from "@castellan/access";
import { createDocument, routes, type Route } from "@castellan/api";
import { createId, type IdKind } from "@castellan/kernel";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig, settings } from "../../apps/server/src/config/settings.ts";
import { startStocked } from "../fixtures/stocked.ts";
import { exchange } from "../fidelity/wire.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import type { Loose } from "../harness/callers/inbox.ts";
import { openAt } from "../reviews/scene.ts";

const opened = new AsyncDisposableStack();
let house: TestHouse;
let portal: TestPortal;
let before: string;
/** Some options are an owner's alone. */
let ownerToken: string;

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  const owner = { name: "owner", role: "owner", portals: [], createdBy: "test" } as const;
  ownerToken = (await createToken(house.database, owner, Date.now())).secret;
  const server = opened.use(
    await startStocked("modern", {
      tools: [{ name: "t", inputSchema: { type: "object" } }],
      resources: [{ uri: "doc://1", name: "1" }],
    }),
  );
  portal = await house.addPortal("a", { a: server.url });
  before = await everything();
});
afterAll(() => opened.disposeAsync());

async function everything(): Promise<string> {
  const all = await Promise.all(
    ["/servers", "/portals", "/config/export"].map((path) => house.api("GET", path)),
  );
  return JSON.stringify(all);
}

interface Problem {
  readonly code: string;
  readonly problems?: readonly { readonly field: string; readonly reason: string }[];
}

async function send(method: string, path: string, body?: unknown): Promise<Problem & { status: number }> {
  const { status, text } = await exchange(`${house.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${ownerToken}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status, ...(JSON.parse(text) as Problem) };
}

/** What is named by an id, below the path of all of its kind. */
const idKinds: readonly (readonly [below: RegExp, kind: IdKind])[] = [
  [/\/tokens\//, "token"],
  [/\/users\//, "user"],
  [/\/groups\//, "group"],
  [/\/sessions\//, "signIn"],
  [/\/grants\//, "grant"],
  [/\/clients\//, "client"],
  [/\/approvals\//, "approval"],
  [/\/accounts\//, "account"],
  [/\/runs\//, "run"],
];

/** A path of the operation that has the right form, whether anything is there or not. */
function pathOf({ path }: Route): string {
  const [, kind] = idKinds.find(([below]) => below.test(path)) ?? [];
  const withIds = kind === undefined ? path : path.replace("{id}", createId(kind));
  return withIds.replace("{user}", createId("user")).replaceAll(/\{\w+\}/g, "a");
}

/** A server.json: what it says is judged ahead of where it goes. */
const imported = {
  name: "com.example/new",
  description: "New",
  version: "1.0.0",
  remotes: [{ type: "streamable-http", url: "https://mcp.example.com/mcp" }],
};

const anApi = {
  slug: "api",
  url: "https://api.example/v1",
  openapi: {
    document: JSON.stringify({
      openapi: "3.1.0",
      info: { title: "A", version: "1" },
      paths: { "/a": { get: { responses: { 200: { description: "Good" } } } } },
    }),
  },
};

describe("the API", () => {
  test.each([...routes])("$id: a query field that it does not have", async ({ method, ...route }) => {
    const { status, problems } = await send(
      method,
      `${pathOf({ method, ...route })}?colour=red`,
      route.body && { document: imported },
    );
    expect([status, problems]).toEqual([
      400,
      expect.arrayContaining([{ field: "colour", reason: "is not known" }]) as unknown,
    ]);
  });

  test.each(routes.filter(({ body }) => body !== undefined))(
    "$id: a field of the body that it does not have",
    async ({ method, ...route }) => {
      const { status, problems } = await send(method, pathOf({ method, ...route }), { colour: "red" });
      expect([status, problems]).toEqual([
        400,
        expect.arrayContaining([{ field: "colour", reason: "is not known" }]) as unknown,
      ]);
    },
  );

  test("no object in any body takes members that it does not name, however deep", () => {
    const { paths, components } = createDocument(routes, "0.0.0");
    const open: string[] = [];
    const walk = (at: string, schema: Loose, above: readonly unknown[]): void => {
      if (typeof schema !== "object" || schema === null || above.includes(schema)) return;
      const inside = [...above, schema];
      if (typeof schema.$ref === "string")
        return walk(at, components.schemas[schema.$ref.split("/").at(-1)], inside);
      const isMap = "propertyNames" in schema || typeof schema.additionalProperties === "object";
      if (schema.type === "object" && schema.additionalProperties !== false && !isMap) open.push(at);
      for (const [name, value] of Object.entries(schema.properties ?? {}))
        walk(`${at}.${name}`, value, inside);
      for (const key of ["anyOf", "oneOf", "allOf"])
        for (const one of (schema[key] ?? []) as unknown[]) walk(at, one, inside);
      walk(`${at}[]`, schema.items, inside);
      walk(`${at}{}`, schema.additionalProperties, inside);
    };
    for (const operations of Object.values(paths))
      for (const { operationId, requestBody } of Object.values(operations))
        walk(operationId, requestBody?.content["application/json"]?.schema, []);
    // The document of another registry is what that registry's format makes it.
    expect(open.filter((at) => !at.startsWith("importServer.document"))).toEqual([]);
  });

  test.each<[string, string, object, string]>([
    ["PATCH", "/servers/a", { limits: { callsPerHour: 1 } }, "limits.callsPerHour"],
    ["POST", "/servers", { ...anApi, transport: "sse" }, "transport"],
    ["POST", "/servers", { ...anApi, clientFeatures: ["sampling"] }, "clientFeatures"],
    ["POST", "/servers", { ...anApi, uiHosts: ["a.example"] }, "uiHosts"],
    ["PATCH", "/servers/a", { openapi: { face: "code" } }, "openapi"],
    ["PATCH", "/servers/a", { limits: { tools: { t: { perSecond: 1 } } } }, "limits.tools.t.perSecond"],
    [
      "PATCH",
      "/servers/a",
      { limits: { perPerson: { timeoutSeconds: 1 } } },
      "limits.perPerson.timeoutSeconds",
    ],
    ["PATCH", "/servers/a", { limits: { concurrency: 0 } }, "limits.concurrency"],
    ["PATCH", "/servers/a", { autoAccept: ["tools"] }, "autoAccept[0]"],
    ["PATCH", "/servers/a", { transport: "stdio" }, "transport"],
    ["PATCH", "/portals/a", { autoAccept: ["everything"] }, "autoAccept[0]"],
    ["PATCH", "/portals/a", { codeMode: "required" }, "codeMode"],
    ["PATCH", "/portals/a", { servers: [{ server: "a", enabled: false }] }, "servers[0]"],
    ["PATCH", "/portals/a/servers/a", { mode: "denylist" }, "mode"],
    ["PATCH", "/portals/a/servers/a", { tools: { t: { hidden: true } } }, "tools.t.hidden"],
    [
      "PATCH",
      "/portals/a/servers/a",
      { resources: { "doc://1": { alias: "x" } } },
      'resources["doc://1"].alias',
    ],
    [
      "PATCH",
      "/portals/a/servers/a",
      { resourceTemplates: { "doc://{n}": { alias: "x" } } },
      'resourceTemplates["doc://{n}"].alias',
    ],
    [
      "POST",
      "/servers/a/definitions/approve",
      {
        definitions: [{ kind: "prompt", name: "p", fingerprint: `sha256:${"0".repeat(64)}`, class: "read" }],
      },
      "definitions[0].class",
    ],
  ])("%s %s %j names %s", async (method, path, body, field) => {
    const { status, problems } = await send(method, path, body);
    expect([status, problems?.map((one) => one.field)]).toEqual([400, [field]]);
    expect(await everything()).toBe(before);
  });
});

describe("a configuration document", () => {
  const document = (rest: object) => ({ document: { apiVersion: "castellan/v1", name: "main", ...rest } });
  const url = "https://mcp.example.com/mcp";

  test.each<[object, string]>([
    [{ colour: 1 }, "document.colour"],
    [{ servers: { b: { url, color: 1 } } }, "document.servers.b.color"],
    [{ servers: { b: { url, limits: { perSecond: 1 } } } }, "document.servers.b.limits.perSecond"],
    [
      { servers: { b: { url, headers: { "x-a": { secretRef: "env:A", format: "b" } } } } },
      "document.servers.b.headers.x-a.format",
    ],
    [{ servers: { b: { url, approvals: { tool: {} } } } }, "document.servers.b.approvals.tool"],
    [
      {
        servers: {
          b: {
            url,
            approvals: { prompts: { p: { fingerprint: `sha256:${"0".repeat(64)}`, class: "read" } } },
          },
        },
      },
      "document.servers.b.approvals.prompts.p.class",
    ],
    [{ portals: { b: { servers: ["a"], default: true } } }, "document.portals.b.default"],
    [{ portals: { b: { servers: ["a"], codeMode: "on" } } }, "document.portals.b.codeMode"],
    [{ portals: { b: { servers: [{ server: "a", tool: {} }] } } }, "document.portals.b.servers[0]"],
    [
      { portals: { b: { servers: [{ server: "a", resources: { "doc://1": { alias: "x" } } }] } } },
      "document.portals.b.servers[0]",
    ],
  ])("%j: %s", async (rest, field) => {
    for (const path of ["/config/plan", "/config/apply"]) {
      const { status, problems } = await send("POST", path, document(rest));
      expect(status).toBe(400);
      expect(problems?.map((one) => one.field).some((one) => one.startsWith(field))).toBe(true);
    }
    expect(await everything()).toBe(before);
  });
});

describe("settings of the process", () => {
  const fromProxies = {
    CASTELLAN_CLIENT_CERT_HEADER: "client-cert",
    CASTELLAN_TRUSTED_PROXIES: "127.0.0.1",
  };
  const secretOf = (name: string) => (name.includes("KEY") ? "x" : "not a value \u0000");

  test("one that is misspelt, and every one whose value is none, is told before anything starts", () => {
    expect(() => readConfig({ CASTELLAN_HOTS: "127.0.0.1" })).toThrow(/CASTELLAN_HOTS is not a setting/);
    const free = new Set([
      "CASTELLAN_DATA",
      "CASTELLAN_HOST",
      "CASTELLAN_TRUSTED_PROXIES",
      "CASTELLAN_PROXY_URL",
      "CASTELLAN_NO_PROXY",
      "CASTELLAN_CA_FILE",
      "CASTELLAN_TLS_CERT_FILE",
      "CASTELLAN_TLS_KEY_FILE",
      "CASTELLAN_CLIENT_CA_FILE",
      "CASTELLAN_COUNTRY_DB",
    ]);
    for (const { variable } of Object.values(settings)) {
      // Paths and lists of hosts are judged by who uses them.
      if (free.has(variable)) continue;
      expect([variable, problemsOf({ [variable]: secretOf(variable) })]).toEqual([
        variable,
        expect.arrayContaining([expect.stringContaining(variable)]) as unknown,
      ]);
    }
  });

  test.each([
    [
      { CASTELLAN_OLDER_MASTER_KEYS: randomBytes(32).toString("base64") },
      "CASTELLAN_OLDER_MASTER_KEYS needs CASTELLAN_MASTER_KEY",
    ],
    [{ CASTELLAN_CLIENT_CA_FILE: "/no/ca.pem" }, "no certificate would ever arrive"],
    [{ CASTELLAN_SYNC_INTERVAL_SECONDS: "0" }, "CASTELLAN_SYNC_INTERVAL_SECONDS"],
    [{ CASTELLAN_PERSON_CALLS_PER_MINUTE: "0" }, "CASTELLAN_PERSON_CALLS_PER_MINUTE"],
    [{ CASTELLAN_PERSON_CONCURRENCY: "1.5" }, "CASTELLAN_PERSON_CONCURRENCY"],
    [{ CASTELLAN_REGISTRY_NAMESPACE: "a b" }, "CASTELLAN_REGISTRY_NAMESPACE"],
  ])("%j", (env, problem) => {
    expect(problemsOf(env)).toEqual([expect.stringContaining(problem)]);
  });

  test.each([
    { CASTELLAN_TRUSTED_PROXIES: "10.0.0.0/99" },
    { CASTELLAN_PROXY_URL: "ftp://x" },
    { CASTELLAN_COUNTRY_DB: "/no/countries.mmdb" },
    { CASTELLAN_CLIENT_CA_FILE: "/no/ca.pem", ...fromProxies },
  ])("what is judged by who uses it, is judged at the start too: %j", async (env) => {
    await expect(startTestHouse({ env })).rejects.toThrow(
      /CASTELLAN_TRUSTED_PROXIES|trustedProxies|10\.0\.0\.0\/99|ftp|prox|\/no\//i,
    );
  });

  function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
    try {
      readConfig(env);
      return [];
    } catch (error) {
      return (error as { data: { problems: string[] } }).data.problems;
    }
  }
});

describe("a connection", () => {
  test.each([
    "optimize_context=minimise_tools",
    "optimize_context=",
    "codemode=search-and-execute",
    "codemode=",
    "servers=nowhere",
    "servers=",
  ])("?%s", async (query) => {
    const modern = await openAt("modern", portal, query);
    const { status, message } = await modern.request("tools/list");
    expect([status, message.error]).toMatchObject([
      400,
      { data: { code: "invalid_input", field: query.split("=")[0] } },
    ]);
    await expect(openAt("legacy", portal, query)).rejects.toThrow(/400 .*invalid_input/);
  });

  test.each([
    ["portal_list_servers", { verbose: true }, ""],
    ["portal_query_tools", { query: "", sort: "name" }, "optimize_context=search_and_execute"],
    ["portal_query_tools", { query: "", server: "nowhere" }, "optimize_context=search_and_execute"],
    ["portal_execute", { name: "a_t", args: {} }, "optimize_context=search_and_execute"],
  ])("%s %j", async (name, args, query) => {
    await using caller = query === "" ? new ModernCaller(portal) : await openAt("modern", portal, query);
    const { message } = await caller.request("tools/call", { name, arguments: args });
    expect(message.result?.isError ?? message.error !== undefined).toBe(true);
    const unknown = Object.entries(args).at(-1);
    expect(JSON.stringify(message)).toMatch(new RegExp(`${unknown?.[0]}|${String(unknown?.[1])}`));
  });
});

describe("what waits for a name that is not there", () => {
  test("curation", async () => {
    const path = "/portals/a/servers/a";
    await house.api("PATCH", path, { tools: { gone: { enabled: false } }, prompts: { p: { alias: "x" } } });
    const { servers } = await house.api<{ servers: Loose[] }>("GET", "/portals/a");
    expect(servers[0].unmatched).toEqual([
      { kind: "tool", name: "gone" },
      { kind: "prompt", name: "p" },
    ]);
    await house.api("PATCH", path, { tools: null, prompts: null });
  });

  test("limits of tools", async () => {
    await house.api("PATCH", "/servers/a", {
      limits: { tools: { t: { concurrency: 1 }, gone: { concurrency: 1 } } },
    });
    expect((await house.api("GET", "/servers/a"))["unmatchedLimits"]).toEqual(["gone"]);
    await house.api("PATCH", "/servers/a", { limits: {} });
    expect((await house.api("GET", "/servers/a"))["unmatchedLimits"]).toEqual([]);
  });

  test("approvals ahead of a server's first list", async () => {
    const fingerprint = `sha256:${"0".repeat(64)}`;
    await house.api("POST", "/config/apply", {
      document: {
        apiVersion: "castellan/v1",
        name: "ahead",
        servers: {
          ahead: {
            url: "https://127.0.0.1:9/mcp",
            allowPrivate: ["127.0.0.1"],
            approvals: { tools: { later: { fingerprint } } },
          },
        },
      },
    });
    const { items } = await house.api<{ items: object[] }>("GET", "/servers/ahead/definitions");
    expect(items).toMatchObject([{ kind: "tool", name: "later", review: "removed", fingerprint }]);
  });
});
