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
  const settings = ["--allow-private", "127.0.0.1", "--auto-accept", "tools"];
  await served.json(["server", "add", "weather", upstream.url, ...settings]);
  await served.json(["server", "add", "news", upstream.url, "--allow-private", "127.0.0.0/8"]);
});
beforeEach(async () => {
  await served.api.database.query(sql`delete from portals`);
});
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();
});

const addTeam = ["portal", "add", "team", "--servers", "weather, news"];

test("portals: add, list, show, add and remove a server, remove", async () => {
  const made = await served.castellan([...addTeam, "--title", "The team", "--plain-names"]);
  expect(made).toEqual({
    code: 0,
    stdout: `Portal   team (The team)
URL      ${served.url}/p/team/mcp
Servers  weather, news
Names    as the servers call them
May use  nobody but programs, by their tokens
`,
    stderr: "",
  });
  expect(await served.castellan(["portal", "remove-server", "team", "weather"])).toEqual({
    code: 0,
    stdout: "Server weather is out of portal team; it stays registered\n",
    stderr: "",
  });
  expect((await served.castellan(["portal", "add-server", "team", "weather"])).stdout).toBe(
    made.stdout.replace("weather, news", "news, weather"),
  );
  await served.json(["portal", "add", "empty"]);
  const { stdout } = await served.castellan(["portal", "list"]);
  expect(columns(stdout)).toEqual([
    ["SLUG", "TITLE", "NAMES", "SERVERS", "URL"],
    ["empty", "empty", "prefixed", "-", `${served.url}/p/empty/mcp`],
    ["team", "The team", "plain", "news, weather", `${served.url}/p/team/mcp`],
  ]);
  expect(await served.json(["portal", "list", "--server", "news"])).toMatchObject({
    items: [{ slug: "team" }],
  });
  expect((await served.castellan(["portal", "list", "--search", "xyz"])).stderr).toBe("No portal fits\n");
  expect((await served.castellan(["portal", "show", "team"])).stdout).toBe(
    made.stdout.replace("weather, news", "news, weather"),
  );
  expect(await served.json(["portal", "remove", "team", "--yes"])).toEqual({ removed: "team" });
});

test("a portal is edited; what is not named stays", async () => {
  await using folder = await makeFolder();
  await writeFile(join(folder.path, "told.txt"), "Be brief.\nBe kind.\n");
  await served.json([...addTeam, "--instructions", "@told.txt"], { cwd: folder.path });
  const shown = ["--hostname", "mcp.example.com", "--listed"];
  const settings = [...shown, "--auto-accept", "prompts,templates", "--code-mode", "forced"];
  const names = ["--title", "The team", "--servers", "news,weather"];
  const edited = await served.castellan(["portal", "edit", "team", ...names, ...settings]);
  expect(edited).toEqual({
    code: 0,
    stdout: `Portal        team (The team)
URL           ${served.url}/p/team/mcp and /mcp on mcp.example.com
Servers       news, weather
Names         {server}_{name}
Instructions  Be brief. ⏎ Be kind.
Accepts       prompts, templates
May use       nobody but programs, by their tokens
Code Mode     forced
Listed        yes, by the registry to everybody
`,
    stderr: "",
  });
  const off = ["--no-instructions", "--no-hostname", "--no-auto-accept", "--no-listed", "--naming", "plain"];
  const last = await served.json(["portal", "edit", "team", ...off, "--code-mode", "allowed"]);
  expect(last).toMatchObject({
    title: "The team",
    naming: "plain",
    instructions: "",
    autoAccept: [],
    isListed: false,
    codeMode: "allowed",
  });
  expect(last).not.toHaveProperty("hostname");
});

test("what a portal makes of a server's tools is changed, shown, and put back", async () => {
  await served.json(addTeam);
  const curateWeather = ["portal", "curate", "team", "weather"];
  const off = ["--off", "alerts", "--off", "renamed"];
  const curated = await served.castellan([
    ...curateWeather,
    ...off,
    "--alias",
    "forecast=tomorrow",
    "--describe",
    "forecast=What = tomorrow?",
  ]);
  expect(curated).toEqual({
    code: 0,
    stdout: `Portal   team
URL      ${served.url}/p/team/mcp
Servers  weather (3 changed), news
Names    {server}_{name}
May use  nobody but programs, by their tokens
`,
    stderr: "What is said of the tool renamed has no effect: weather lists none of that name\n",
  });
  const tools = await served.castellan(["portal", "tools", "team"]);
  expect(columns(tools.stdout)).toEqual([
    ["TOOL", "SERVER", "NAME", "CLASS", "STATE", "WHY"],
    ["-", "news", "alerts", "destructive", "waiting", "new"],
    ["-", "news", "forecast", "destructive", "waiting", "new"],
    ["-", "weather", "alerts", "destructive", "off", "switched off"],
    ["weather_tomorrow", "weather", "forecast", "destructive", "on"],
  ]);
  expect(await served.json(["portal", "tools", "team", "--state", "on"])).toMatchObject({
    items: [{ publicName: "weather_tomorrow", description: "What = tomorrow?" }],
  });
  expect((await served.castellan(["portal", "tools", "team", "--search", "xyz"])).stderr).toBe(
    "No tool fits\n",
  );

  const entries = (...args: string[]) =>
    served
      .json([...curateWeather, ...args])
      .then(
        (portal) => (portal as { servers: { mode: string; tools: unknown; prompts: unknown }[] }).servers[0],
      );
  expect(await entries("--no-alias", "forecast", "--on", "alerts", "--reset", "renamed")).toMatchObject({
    mode: "all",
    tools: { alerts: { enabled: true }, forecast: { description: "What = tomorrow?" } },
  });
  expect(await entries("--mode", "allowlist", "--no-describe", "forecast", "--on", "forecast")).toMatchObject(
    {
      mode: "allowlist",
      tools: { alerts: { enabled: true }, forecast: { enabled: true } },
    },
  );
  expect(await entries("--kind", "prompt", "--off", "umbrella")).toMatchObject({
    prompts: { umbrella: { enabled: false } },
  });
  // Where the name ends, those that there are decide.
  const uri = "file:///a?b=c";
  await entries("--kind", "resource", "--off", uri);
  expect(await entries("--kind", "resource", "--describe", `${uri}=d=e`)).toMatchObject({
    resources: { [uri]: { enabled: false, description: "d=e" } },
  });
  await entries("--kind", "resource", "--reset", uri);
  expect((await served.castellan(["portal", "show", "team"])).stdout).toContain(
    "weather (allowlist of 2), news\n",
  );
});

test("a server that the portal does not offer cannot be curated there", async () => {
  await served.json(["portal", "add", "team"]);
  expect(await served.castellan(["portal", "curate", "team", "weather", "--mode", "all"])).toEqual({
    code: 2,
    stdout: "",
    stderr:
      "castellan: Portal team does not offer weather: castellan portal add-server team weather (usage_invalid)\n" +
      "  `castellan --help`, or `--help` after a command, lists what there is.\n",
  });
});

test("whoever has a token sees what it may use, and where", async () => {
  await served.json([...addTeam]);
  const token = await served.api.createToken({
    role: "member",
    portals: ["team"],
    allow: ["read", "write", "destructive"],
  });
  const env = { CASTELLAN_TOKEN: token };
  const { stdout } = await served.castellan(["catalog"], { env });
  expect(columns(stdout)).toEqual([
    ["SERVER", "TITLE", "ABOUT", "STATE", "PORTAL", "TOOLS", "URL"],
    ["news", "news", "-", "ready", "team", "0", "http://localhost/p/team/mcp?servers=news"],
    ["weather", "weather", "-", "ready", "team", "2", "http://localhost/p/team/mcp?servers=weather"],
  ]);
  expect(await served.json(["catalog", "--search", "weath", "--portal", "team"], { env })).toMatchObject({
    items: [{ slug: "weather" }],
  });
  expect(await served.castellan(["catalog"])).toEqual({
    code: 0,
    stdout: "",
    stderr: "There is no server that you may use\n",
  });
});
