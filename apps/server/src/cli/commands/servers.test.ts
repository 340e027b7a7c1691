import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startTestUpstream, type TestUpstream } from "@castellan/api/testing";
import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { columns, makeFolder, serveTestApi, type ServedApi } from "../testing/command.ts";

let served: ServedApi;
let upstream: TestUpstream;

beforeAll(async () => {
  served = await serveTestApi();
  upstream = await startTestUpstream();
});
beforeEach(async () => {
  await served.api.database.query(sql`delete from servers`);
  await served.api.database.query(sql`delete from portals`);
});
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();
});

const addWeather = ["server", "add", "weather", "--allow-private", "127.0.0.1"];

test("what a new server lists waits, and the command says so", async () => {
  const added = await served.castellan([...addWeather, upstream.url, "--title", "Weather"]);
  expect({ ...added, stdout: added.stdout.replace(/\d+ ms/, "N ms") }).toEqual({
    code: 0,
    stdout: `Server           weather (Weather)
URL              ${upstream.url}
State            needs_attention
Attention        3 definitions wait for approval
Synced           just now, in N ms
Speaks           legacy, modern
Allowed private  127.0.0.1
`,
    stderr: "3 definitions wait for approval: castellan server definitions weather\n",
  });
});

test("servers: add with all settings, list, show, remove", async () => {
  const settings = [
    ["--title", "Weather", "--description", "Rain and shine", "--transport", "streamable-http"],
    ["--auto-accept", "tools,prompts", "--sync-every", "30m", "--header", "X-Team: blue"],
    [
      "--limit",
      "calls-per-minute=60",
      "--limit",
      "person.concurrency=2",
      "--limit",
      "tool.alerts.timeout=30s",
    ],
    ["--client-features", "sampling,roots", "--ui-hosts", "*.example.com, cdn.example"],
  ].flat();
  const added = await served.castellan([...addWeather, upstream.url, ...settings]);
  expect({ ...added, stdout: added.stdout.replace(/\d+ ms/, "N ms") }).toEqual({
    code: 0,
    stdout: `Server           weather (Weather)
About            Rain and shine
URL              ${upstream.url}
Transport        streamable-http
State            ready
Synced           just now, in N ms
Speaks           legacy, modern
Headers          x-team
Allowed private  127.0.0.1
May ask for      sampling, roots
Pages may reach  *.example.com, cdn.example
Accepts          tools, prompts
Limits           calls-per-minute=60, person.concurrency=2, tool.alerts.timeout=30s
Read every       30m
Tools            2: forecast, alerts
Prompts          1: umbrella
`,
    stderr: "",
  });
  await served.json(["server", "add", "broken", "http://127.0.0.1:1/", "--allow-private", "127.0.0.1"]);
  const list = await served.castellan(["server", "list"]);
  expect(columns(list.stdout)).toEqual([
    ["SLUG", "STATE", "TOOLS", "PROMPTS", "RESOURCES", "WAITING", "ERA", "SYNCED", "URL"],
    ["broken", "error", "0", "0", "0", "0", "-", "never", "http://127.0.0.1:1/"],
    ["weather", "ready", "2", "1", "0", "0", "legacy, modern", "just now", upstream.url],
  ]);
  const slugs = async (...filter: string[]) =>
    ((await served.json(["server", "list", ...filter])) as { items: { slug: string }[] }).items.map(
      ({ slug }) => slug,
    );
  expect(await slugs("--status", "ready")).toEqual(["weather"]);
  expect(await slugs("--search", "shine")).toEqual(["weather"]);
  await served.json(["portal", "add", "team", "--servers", "broken"]);
  expect(await slugs("--portal", "team")).toEqual(["broken"]);
  expect((await served.castellan(["server", "list", "--search", "xyz"])).stderr).toBe("No server fits\n");
  expect((await served.castellan(["server", "show", "weather"])).stdout).toBe(
    added.stdout.replace(/just now.*/, (await synced("weather")) ?? ""),
  );
  await served.json(["server", "remove", "broken", "--yes"]);
  expect(await served.castellan(["server", "remove", "weather", "--yes"])).toEqual({
    code: 0,
    stdout: "Server weather is removed\n",
    stderr: "",
  });
  expect(await served.castellan(["server", "list"])).toEqual({
    code: 0,
    stdout: "",
    stderr: "No server is registered yet: castellan server add SLUG URL\n",
  });
});

/** The line of a server's details that depends on time. */
async function synced(slug: string): Promise<string | undefined> {
  const { stdout } = await served.castellan(["server", "show", slug]);
  return /^Synced +(.*)$/m.exec(stdout)?.[1];
}

test("what is not named in an edit stays, and a limit or a header is changed alone", async () => {
  const given = ["--client-features", "sampling,roots", "--ui-hosts", "*.example.com", "--header", "X-A: 1"];
  await served.json([
    ...addWeather,
    upstream.url,
    ...given,
    "--limit",
    "concurrency=3",
    "--limit",
    "timeout=10s",
  ]);
  const edit = (...args: string[]) => served.json(["server", "edit", "weather", ...args]);
  expect(
    await edit("--title", "Weather", "--client-features", "elicitation_form", "--limit", "concurrency=4"),
  ).toMatchObject({
    title: "Weather",
    clientFeatures: ["elicitation_form"],
    uiHosts: ["*.example.com"],
    limits: { concurrency: 4, timeoutSeconds: 10 },
    headerNames: ["x-a"],
    version: 2,
  });
  const without = ["--no-client-features", "--no-ui-hosts", "--no-limit", "timeout", "--no-header", "X-A"];
  const instead = ["--header", "X-B: 2", "--auto-accept", "all", "--sync-every", "1h"];
  expect(await edit(...without, ...instead)).toMatchObject({
    title: "Weather",
    clientFeatures: [],
    uiHosts: [],
    limits: { concurrency: 4 },
    headerNames: ["x-b"],
    autoAccept: ["tool", "prompt", "resource", "resource_template", "instructions"],
    syncIntervalSeconds: 3600,
    state: { status: "ready" },
  });
  const last = await edit("--no-auto-accept", "--no-sync-every", "--no-header", "x-b");
  expect(last).toMatchObject({ autoAccept: [], headerNames: [] });
  expect(last).not.toHaveProperty("syncIntervalSeconds");
});

test("a limit for a tool that is not there is told of", async () => {
  const limits = ["--limit", "tool.alert.timeout=30s", "--limit", "tool.alerts.timeout=30s"];
  const added = await served.castellan([...addWeather, upstream.url, "--auto-accept", "all", ...limits]);
  expect([added.code, added.stderr]).toEqual([
    0,
    "The limit for alert has no effect: weather lists no tool of that name\n",
  ]);
  const unread = await served.castellan([
    "server",
    "add",
    "away",
    "http://127.0.0.1:1/mcp",
    ...limits,
    "--allow-private",
    "127.0.0.1",
  ]);
  expect(unread.stderr).toBe("The server could not be read; castellan server sync away tries again\n");
});

test("a server's secrets come from a variable, a file or standard input, and are not shown", async () => {
  await using guarded = await startTestUpstream({ authorization: "Bearer s3cret" });
  await using folder = await makeFolder();
  const file = join(folder.path, "token");
  await writeFile(file, "s3cret\n");
  const ways = [
    { args: ["--bearer-env", "WEATHER_TOKEN"], options: { env: { WEATHER_TOKEN: "s3cret" } } },
    { args: ["--bearer-file", file], options: {} },
    { args: ["--bearer-file", "-"], options: { input: "s3cret\n" } },
    { args: ["--header-env", "Authorization=AUTH"], options: { env: { AUTH: "Bearer s3cret" } } },
  ];
  for (const { args, options } of ways) {
    const added = await served.castellan(
      [...addWeather, guarded.url, "--header", "X-Team: blue", ...args, "--json"],
      options,
    );
    expect(JSON.parse(added.stdout)).toMatchObject({
      state: { status: "needs_attention" },
      headerNames: ["x-team", "authorization"],
    });
    expect(added.stdout + added.stderr).not.toContain("s3cret");
    await served.json(["server", "remove", "weather", "--yes"]);
  }
  await served.json([...addWeather, guarded.url, "--bearer-file", file]);
  const without = await served.json(["server", "edit", "weather", "--no-bearer"]);
  expect(without).toMatchObject({ headerNames: [], state: { error: { code: "upstream_unauthorized" } } });
});

test("a server that cannot be read is registered, and told of", async () => {
  const added = await served.castellan([...addWeather, "http://127.0.0.1:1/mcp"]);
  expect(added).toEqual({
    code: 0,
    stdout: `Server           weather
URL              http://127.0.0.1:1/mcp
State            error
Error            The server cannot be reached: ECONNREFUSED (upstream_unreachable)
Synced           never
Allowed private  127.0.0.1
`,
    stderr: "The server could not be read; castellan server sync weather tries again\n",
  });
  expect(await served.castellan(["server", "definitions", "weather"])).toEqual({
    code: 0,
    stdout: "",
    stderr: "Nothing of weather is known: castellan server show weather says more\n",
  });
});

test("one server, some or all are read again, and what fails is said and ends with 1", async () => {
  await served.json([...addWeather, upstream.url, "--auto-accept", "all"]);
  expect(await served.castellan(["server", "sync", "weather", "--json"])).toMatchObject({ code: 0 });
  await served.json(["server", "add", "broken", "http://127.0.0.1:1/", "--allow-private", "127.0.0.1"]);
  const all = await served.castellan(["server", "sync", "--all"]);
  expect([all.code, columns(all.stdout).map(([slug, state]) => [slug, state])]).toEqual([
    1,
    [
      ["SLUG", "STATE"],
      ["broken", "error"],
      ["weather", "ready"],
    ],
  ]);
  // Whichever is done first is told first.
  expect(all.stderr.replaceAll(/^\d/gm, "N").split("\n").toSorted()).toEqual([
    "",
    "N of 2: broken could not be read: The server cannot be reached: ECONNREFUSED (upstream_unreachable)",
    "N of 2: weather was read",
  ]);
  const some = await served.castellan(["server", "sync", "weather", "nobody", "--json"]);
  expect([some.code, some.stderr, JSON.parse(some.stdout)]).toMatchObject([
    1,
    "",
    {
      items: [
        { slug: "weather", state: { status: "ready" } },
        { slug: "nobody", error: { code: "server_unknown", message: 'No server "nobody" is registered' } },
      ],
    },
  ]);
  expect((await served.castellan(["server", "sync", "broken"])).code).toBe(1);
});
