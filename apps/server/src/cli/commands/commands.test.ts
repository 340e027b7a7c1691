import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startTestUpstream, type TestUpstream } from "@castellan/api/testing";
import { sql } from "@castellan/database";
import { createId } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { makeFolder, serveTestApi, startCastellan, type ServedApi } from "../testing/command.ts";

let served: ServedApi;
let upstream: TestUpstream;

beforeAll(async () => {
  served = await serveTestApi();
  upstream = await startTestUpstream();
});
beforeEach(async () => {
  const { database } = served.api;
  await database.query(sql`delete from servers`);
  await database.query(sql`delete from portals`);
  await database.query(sql`delete from tokens where name <> 'root'`);
});
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();
});

const addWeather = ["server", "add", "weather", "--allow-private", "127.0.0.1"];

test("servers: add, list, show, sync, remove", async () => {
  const added = await served.castellan([...addWeather, upstream.url, "--title", "Weather"]);
  expect(added).toEqual({
    code: 0,
    stderr: "",
    stdout: expect.stringMatching(
      /^Server {11}weather \(Weather\)\nURL {14}http:\/\/127\.0\.0\.1:\d+\/mcp\nState {12}ready\nSynced {11}just now, in \d+ ms\nSpeaks {11}legacy, modern\nAllowed private {2}127\.0\.0\.1\nTools {12}2: forecast, alerts\nPrompts {10}1: umbrella\n$/,
    ) as string,
  });
  const list = await served.castellan(["server", "list"]);
  expect(list.stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["SLUG", "STATE", "TOOLS", "PROMPTS", "RESOURCES", "ERA", "SYNCED", "URL"],
    ["weather", "ready", "2", "1", "0", "legacy, modern", "just now", upstream.url],
    [""],
  ]);
  expect(await served.json(["server", "show", "weather"])).toMatchObject({ slug: "weather" });
  expect(await served.json(["server", "sync", "weather"])).toMatchObject({ state: { status: "ready" } });
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

test("a server may ask and reach what it was given, at first or later", async () => {
  const given = ["--client-features", "sampling,roots", "--ui-hosts", "*.example.com, cdn.example"];
  const added = await served.castellan([...addWeather, upstream.url, ...given]);
  expect(added.stdout).toMatch(
    /^May ask for {6}sampling, roots\nPages may reach {2}\*\.example\.com, cdn\.example$/m,
  );
  const edit = (...args: string[]) => served.json(["server", "edit", "weather", ...args]);
  expect(await edit("--title", "Weather", "--client-features", "elicitation_form")).toMatchObject({
    title: "Weather",
    clientFeatures: ["elicitation_form"],
    uiHosts: ["*.example.com", "cdn.example"],
  });
  expect(await edit("--no-client-features", "--no-ui-hosts")).toMatchObject({
    title: "Weather",
    clientFeatures: [],
    uiHosts: [],
  });
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
      state: { status: "ready" },
      headerNames: ["x-team", "authorization"],
    });
    expect(added.stdout + added.stderr).not.toContain("s3cret");
    await served.json(["server", "remove", "weather", "--yes"]);
  }
});

test("a server that cannot be read is registered, and told of", async () => {
  const added = await served.castellan([...addWeather, "http://127.0.0.1:1/mcp"]);
  expect(added.code).toBe(0);
  expect(added.stdout).toMatch(/^State {12}error\nError {12}.*\(upstream_unreachable\)$/m);
  expect(added.stderr).toBe("The server could not be read; castellan server sync weather tries again\n");
});

test("portals: add, list, show, add and remove a server, remove", async () => {
  await served.json([...addWeather, upstream.url]);
  await served.json(["server", "add", "news", upstream.url, "--allow-private", "127.0.0.0/8"]);
  const made = await served.json([
    "portal",
    "add",
    "team",
    "--servers",
    "weather, news",
    "--title",
    "The team",
    "--plain-names",
  ]);
  expect(made).toMatchObject({
    slug: "team",
    title: "The team",
    naming: "plain",
    servers: ["weather", "news"],
  });
  expect(await served.json(["portal", "remove-server", "team", "weather"])).toEqual({
    portal: "team",
    removed: "weather",
  });
  expect((await served.castellan(["portal", "add-server", "team", "weather"])).stdout).toBe(
    `Portal   team (The team)\nURL      ${served.url}/p/team/mcp\nServers  news, weather\nNames    as the servers call them\n`,
  );
  const { stdout } = await served.castellan(["portal", "list"]);
  expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["SLUG", "TITLE", "NAMES", "SERVERS", "URL"],
    ["team", "The team", "plain", "news, weather", `${served.url}/p/team/mcp`],
    [""],
  ]);
  expect(await served.json(["portal", "remove", "team", "--yes"])).toEqual({ removed: "team" });
});

test("a token is printed alone on standard output, works, and ends when it is revoked by name", async () => {
  await served.json(["portal", "add", "team"]);
  const created = await served.castellan([
    "token",
    "create",
    "nightly run",
    "--portal",
    "team",
    "--admin",
    "--expires",
    "30d",
  ]);
  expect(created).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^cst_[\w-]+\n$/) as string,
    stderr: "This is the only time that the token is shown: keep it where secrets are kept.\n",
  });
  const env = { CASTELLAN_TOKEN: created.stdout.trim() };
  const { stdout } = await served.castellan(["token", "list"], { env });
  expect(stdout.split("\n").map((line) => line.split(/ {2,}/).slice(0, 6))).toEqual([
    ["NAME", "ROLE", "PORTALS", "CREATED", "USED", "EXPIRES"],
    ["nightly run", "admin", "team", "just now", "never", "in 30 d"],
    ["root", "admin", "-", "just now", expect.any(String) as string, "never"],
    [""],
  ]);
  await served.json(["token", "revoke", "nightly run", "--yes"]);
  expect(await served.castellan(["token", "list"], { env })).toEqual({
    code: 1,
    stdout: "",
    stderr:
      "castellan: The token is not valid (token_invalid)\n  `castellan doctor` says which token was used and where it comes from.\n",
  });
  expect(await served.json(["token", "list", "--revoked"])).toMatchObject({
    items: [{ name: "nightly run" }, {}],
  });
});

const call = {
  durationMs: 12.5,
  requestId: "req_1",
  replica: "rep_1",
  portal: "team",
  server: "weather",
  era: "modern",
  method: "tools/call",
  target: "weather_forecast",
  principalKind: "service",
  principalId: "tok_1",
  principalName: "nightly run",
  outcome: "ok",
  bytesIn: 320,
  bytesOut: 4096,
} as const;

test("calls: listed oldest first, filtered, followed, verified", async () => {
  const { audit } = served.api;
  const record = (startedAtMs: number, more: object = {}) =>
    audit.append({ ...call, id: createId("call"), startedAtMs, ...more });
  await record(Date.UTC(2026, 0, 1, 12));
  await record(Date.UTC(2026, 0, 1, 13), { outcome: "error", code: "upstream_timeout" });
  const { stdout } = await served.castellan(["calls"]);
  expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["TIME", "OUTCOME", "MS", "PORTAL", "SERVER", "METHOD", "TARGET", "WHO"],
    [
      "2026-01-01 12:00:00.000",
      "ok",
      "12.5",
      "team",
      "weather",
      "tools/call",
      "weather_forecast",
      "nightly run",
    ],
    [
      "2026-01-01 13:00:00.000",
      "error upstream_timeout",
      "12.5",
      "team",
      "weather",
      "tools/call",
      "weather_forecast",
      "nightly run",
    ],
    [""],
  ]);
  expect(await served.json(["calls", "--outcome", "error"])).toMatchObject({
    items: [{ code: "upstream_timeout" }],
  });
  expect(await served.json(["calls", "--since", "2026-01-01T12:30:00Z"])).toMatchObject({ items: [{}] });
  expect(await served.json(["calls", "--since", "1h"])).toEqual({ items: [] });
  expect((await served.castellan(["calls", "verify"])).stdout).toMatch(
    /^The record is intact: 2 calls in 1 chains\nIt ends at 1:2 with [0-9a-f]{64}\n$/,
  );

  const following = startCastellan(["calls", "--follow", "--limit", "1", "--json"], { env: served.env });
  const lines = createInterface({ input: following.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse(String((await lines.next()).value)) as unknown;
  expect(await next()).toMatchObject({ code: "upstream_timeout" });
  await record(Date.now(), { target: "weather_alerts" });
  expect(await next()).toMatchObject({ target: "weather_alerts" });
  // Recorded later, although it began before the one that has been shown.
  await record(Date.now() - 60_000, { target: "weather_slow" });
  expect(await next()).toMatchObject({ target: "weather_slow" });
  following.kill("SIGINT");
  expect(await once(following, "exit")).toEqual([null, "SIGINT"]);

  await served.api.database.transaction(async (tx) => {
    await tx.query(sql`set local session_replication_role = replica`);
    await tx.query(sql`update calls set target = 'x' where seq = 1`);
  });
  expect(await served.castellan(["calls", "verify"])).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^Chain 1 is broken at 1: changed\n/) as string,
  });
});

test.each([
  [["server", "remove", "weather"], 2, /^castellan: Remove server weather.* add --yes \(not_confirmed\)\n$/],
  [["server", "edit", "weather"], 2, /^castellan: Say what is to change: --title, .* \(usage_invalid\)\n/],
  [
    ["server", "edit", "weather", "--client-features", "everything"],
    1,
    /^castellan: clientFeatures\[0\] must be one of elicitation_form, .* \(invalid_input\)\n/,
  ],
  [
    ["server", "show", "nobody"],
    1,
    /^castellan: No server "nobody" is registered \(server_unknown\)\n {2}`castellan server list`/,
  ],
  [["server", "remove", "..", "--yes"], 1, /^castellan: SLUG must be 1 to 32 .* \(invalid_input\)\n$/],
  [
    ["portal", "remove-server", "..", "weather"],
    1,
    /^castellan: SLUG must be 1 to 32 .* \(invalid_input\)\n$/,
  ],
  [
    ["server", "add", "Up", "https://example.com/", "--title", " x"],
    1,
    /^castellan: slug must be .* \(and 1 more\) \(invalid_input\)\n {2}title must not begin/,
  ],
  [
    ["server", "add", "a", "http://10.0.0.1/"],
    1,
    /\(outbound_refused\)\n {2}A server on a private network must be allowed/,
  ],
  [
    ["server", "add", "a", "https://example.com/", "--header", "X-Api-Key: 1"],
    2,
    /--header X-Api-Key looks like a secret.*\(usage_invalid\)/,
  ],
  [
    ["server", "add", "a", "https://example.com/", "--header", "nonsense"],
    2,
    /'Name: value' \(usage_invalid\)/,
  ],
  [
    ["server", "add", "a", "https://example.com/", "--bearer-env", "NOBODY"],
    1,
    /^castellan: The variable NOBODY is empty or not set \(secret_unreadable\)\n$/,
  ],
  [
    ["server", "add", "a", "https://example.com/", "--bearer-file", "/nowhere"],
    1,
    /^castellan: The file \/nowhere cannot be read \(ENOENT\) \(secret_unreadable\)\n$/,
  ],
  [["token", "create", "idle"], 2, /could do nothing/],
  [
    ["token", "create", "idle", "--admin", "--expires", "soon"],
    2,
    /--expires must be a span like 15m, 12h or 30d/,
  ],
  [["token", "revoke", "nobody", "--yes"], 2, /no token with the name "nobody"/],
  [["calls", "--limit", "0"], 2, /--limit must be a whole number/],
  [["calls", "--outcome", "good"], 2, /Allowed choices are ok, tool_error, error, refused, cancelled/],
  [["servr", "list"], 2, /^castellan: unknown command 'servr' \(Did you mean server\?\) \(usage_invalid\)\n/],
  [["server", "add", "a"], 2, /^castellan: missing required argument 'url' \(usage_invalid\)\n/],
])("%j ends with %i and one line that says why", async (args, code, stderr) => {
  const run = await served.castellan(args);
  expect([run.code, run.stdout]).toEqual([code, ""]);
  expect(run.stderr).toMatch(stderr);
  expect(run.stderr).not.toMatch(/^ {4}at /m);
});
