/** What somebody else changes between what a command has shown or read and what it does: then it does nothing. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startTestUpstream, type TestUpstream } from "@castellan/api/testing";
import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { makeFolder, serveTestApi, type ServedApi } from "../testing/command.ts";
import { startInBetween } from "../testing/in-between.ts";

let served: ServedApi;
let upstream: TestUpstream;
let forecast: string;

beforeAll(async () => {
  served = await serveTestApi();
  upstream = await startTestUpstream({ forecast: () => forecast });
});
beforeEach(async () => {
  forecast = "What tomorrow brings";
  await served.api.database.query(sql`delete from servers`);
  await served.api.database.query(sql`delete from portals`);
  await served.json(["server", "add", "weather", upstream.url, "--allow-private", "127.0.0.1"]);
  await served.json(["portal", "add", "team", "--servers", "weather"]);
});
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();
});

const somebodyElse = {
  server: () => served.json(["server", "edit", "weather", "--title", "Theirs"]),
  portal: () => served.json(["portal", "edit", "team", "--title", "Theirs"]),
  definition: () => {
    forecast = "Something else";
    return served.json(["server", "sync", "weather"]);
  },
};

const portalServer = "/portals/team/servers/weather";
const decisions = "/servers/weather/definitions";

test.each([
  [["server", "edit", "weather", "--title", "Mine"], "PATCH", "/servers/weather", "server", "version_stale"],
  [["portal", "edit", "team", "--title", "Mine"], "PATCH", "/portals/team", "portal", "version_stale"],
  [
    ["portal", "curate", "team", "weather", "--off", "alerts"],
    "PATCH",
    portalServer,
    "portal",
    "version_stale",
  ],
  [
    ["server", "approve", "weather", "--all", "--yes"],
    "POST",
    `${decisions}/approve`,
    "definition",
    "definition_changed",
  ],
  [
    ["server", "reject", "weather", "forecast", "--yes"],
    "POST",
    `${decisions}/reject`,
    "definition",
    "definition_changed",
  ],
] as const)("%j", async (args, method, path, whose, code) => {
  await using between = await startInBetween(served.url, { method, path }, somebodyElse[whose]);
  const run = await served.castellan(args, { env: { CASTELLAN_URL: between.url } });
  expect([
    run.code,
    run.stderr.includes(`(${code})\n  `),
    /nothing was (?:changed|decided)/.test(run.stderr),
  ]).toEqual([1, true, true]);
  expect(await served.json(["server", "show", "weather"])).toMatchObject({
    title: whose === "server" ? "Theirs" : "weather",
    definitions: { approved: 0, rejected: 0, new: 3 },
  });
  expect(await served.json(["portal", "show", "team"])).toMatchObject({
    title: whose === "portal" ? "Theirs" : "team",
    servers: [{ tools: {} }],
  });
});

test("an application does what was shown, or nothing", async () => {
  await using folder = await makeFolder();
  const document = { apiVersion: "castellan/v1", name: "main", portals: { team: { title: "Mine" } } };
  await writeFile(join(folder.path, "c.json"), JSON.stringify(document));
  const at = { method: "POST", path: "/config/apply" };
  await using between = await startInBetween(served.url, at, somebodyElse.portal);
  const run = await served.castellan(["apply", "-f", "c.json", "--adopt", "--yes"], {
    cwd: folder.path,
    env: { CASTELLAN_URL: between.url },
  });
  expect(run).toEqual({
    code: 1,
    stdout: `c.json (main): 1 to change
~ portal team
    title: "team" → "Mine"
    servers: ["weather"] → []
    managedBy: nothing → "main"
`,
    stderr: expect.stringMatching(
      /^castellan: c\.json.* \(version_stale\)\n {2}Somebody else was faster/,
    ) as string,
  });
  expect(await served.json(["portal", "show", "team"])).toMatchObject({ title: "Theirs" });
});
