import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startTestUpstream, type TestUpstream } from "@castellan/api/testing";
import { sql } from "@castellan/database";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import {
  makeFolder,
  serveTestApi,
  startCastellan,
  type ServedApi,
  type TestFolder,
} from "../../testing/command.ts";

let served: ServedApi;
let upstream: TestUpstream;
let folder: TestFolder;

beforeAll(async () => {
  served = await serveTestApi();
  upstream = await startTestUpstream();
});
beforeEach(async () => {
  folder = await makeFolder();
  await served.api.database.query(sql`delete from servers`);
  await served.api.database.query(sql`delete from portals`);
});
afterEach(() => folder[Symbol.asyncDispose]());
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();
});

const write = (name: string, content: string) => writeFile(join(folder.path, name), content);
const run = (args: readonly string[], env: Record<string, string> = {}, input = "") =>
  served.castellan(args, { cwd: folder.path, env, input });

function configuration(weather: string, team = "weather"): string {
  return `apiVersion: castellan/v1
name: main
servers:
  weather:
    url: ${upstream.url}
    allowPrivate: ["127.0.0.1"]
${weather}portals:
  team:
    servers: [${team}]
`;
}

test("a plan is shown, applied as it was shown, followed, and empty afterwards", async () => {
  await write("castellan.yaml", configuration("    title: Weather\n    limits: { concurrency: 3 }\n"));
  const plan = `castellan.yaml (main): 2 to create
+ server weather
    url: "${upstream.url}"
    allowPrivate: ["127.0.0.1"]
    title: "Weather"
    limits.concurrency: 3
+ portal team
    servers: ["weather"]
`;
  const file = ["-f", "castellan.yaml"];
  const diff = await run(["diff", ...file]);
  expect({ ...diff, stdout: sorted(diff.stdout) }).toEqual({ code: 1, stdout: sorted(plan), stderr: "" });
  expect(await run(["apply", ...file, "--dry-run"])).toEqual({ ...diff, code: 0 });
  expect(await run(["apply", ...file])).toEqual({
    code: 2,
    stdout: diff.stdout,
    stderr: "castellan: Apply this? Nobody is there to say so: add --yes (not_confirmed)\n",
  });
  expect(await served.json(["server", "list"])).toEqual({ items: [] });

  const applying = startCastellan(["apply", ...file, "--yes"], { cwd: folder.path, env: served.env });
  const [stdout, ended] = [text(applying.stdout), once(applying, "exit")];
  let stderr = "";
  for await (const chunk of applying.stderr) {
    stderr += String(chunk);
    // The server reads its lists by itself; here the test does.
    if (stderr === "0 of 1 servers are read\n") await served.json(["server", "sync", "weather"]);
  }
  expect([await ended, await stdout, stderr]).toEqual([
    [0, null],
    `${diff.stdout}castellan.yaml is applied\n`,
    "0 of 1 servers are read\n1 of 1 servers are read\n3 definitions wait for approval: castellan server definitions weather\n",
  ]);
  expect(await run(["diff", ...file])).toEqual({
    code: 0,
    stdout: "castellan.yaml (main): nothing to change\n",
    stderr: "",
  });
  expect((await run(["apply", ...file])).code).toBe(0);
});

test("a change is shown with before and after, what is gone is pruned, a secret is only named", async () => {
  const header = `    headers: { Authorization: { secretRef: "env:TOKEN", prefix: "Bearer " } }\n`;
  await write("castellan.yaml", configuration(`    title: "Weather"\n${header}`));
  const apply = ["apply", "-f", "castellan.yaml", "--yes", "--json"];
  expect((await run(apply, { TOKEN: "s3cret-1" })).code).toBe(0);
  await write("castellan.yaml", configuration(`    title: "Rain"\n${header}`).replace(/portals:[^]*/, ""));
  const changed = await run(["diff", "-f", "castellan.yaml", "--prune"], { TOKEN: "s3cret-2" });
  expect(changed).toEqual({
    code: 1,
    stdout: `castellan.yaml (main): 1 to change, 1 to remove
~ server weather
    title: "Weather" → "Rain"
    headers.authorization: another secret
- portal team
`,
    stderr: "",
  });
  // Without the variable the stored secret stays.
  const without = await run(["diff", "-f", "castellan.yaml"]);
  expect(without.stdout).toBe(`castellan.yaml (main): 1 to change
~ server weather
    title: "Weather" → "Rain"
`);
});

test("a missing secret is named with its line; one in a file is read from beside the configuration", async () => {
  await mkdir(join(folder.path, "config/secrets"), { recursive: true });
  const headers = `    headers:
      X-One: { secretRef: "env:ONE" }
      X-Two: { secretRef: "file:secrets/two" }
`;
  await write("config/c.yaml", configuration(headers));
  const file = ["-f", "config/c.yaml"];
  expect(await run(["diff", ...file])).toEqual({
    code: 2,
    stdout: "",
    stderr:
      "castellan: config/c.yaml:8:7 needs env:ONE, which is not there\n" +
      "config/c.yaml:9:7 needs file:secrets/two, which is not there (secret_missing)\n" +
      "  Set the variable or write the file, and repeat the command.\n",
  });
  await write("config/secrets/two", "s3cret\n");
  const diff = await run(["diff", ...file], { ONE: "other" });
  expect([diff.code, diff.stderr, diff.stdout.includes("s3cret")]).toEqual([1, "", false]);
  await run(["apply", ...file, "--yes", "--json"], { ONE: "other" });
  expect(await served.json(["server", "show", "weather"])).toMatchObject({
    headerNames: ["x-one", "x-two"],
    headerRefs: { "x-two": { secretRef: "file:secrets/two" } },
  });
  await write("config/secrets/two", "two\nlines\n");
  expect((await run(["diff", ...file], { ONE: "other" })).stderr).toMatch(
    /has more than one line \(secret_unreadable\)\n$/,
  );
});

test("what is wrong in a file, or refused by the server, is told with its place", async () => {
  await write("bad.yaml", configuration("    colour: blue\n    transport: pigeon\n"));
  expect(await run(["diff", "-f", "bad.yaml"])).toEqual({
    code: 2,
    stdout: "",
    stderr:
      "castellan: bad.yaml:8:5 servers.weather.transport must be one of auto, streamable-http, sse\n" +
      "bad.yaml:7:5 servers.weather.colour is not known (configuration_invalid)\n",
  });
  await write("lost.yaml", configuration("", "weather, nobody"));
  expect((await run(["diff", "-f", "lost.yaml"])).stderr).toBe(
    'castellan: lost.yaml:9:24 Portal "team" has a server "nobody", which is not registered (server_unknown)\n' +
      "  `castellan server list` shows what is registered.\n",
  );
  await served.json(["server", "add", "weather", upstream.url, "--allow-private", "127.0.0.1"]);
  await write("c.yaml", configuration("    title: Other\n"));
  const refused = await run(["diff", "-f", "c.yaml"]);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringMatching(
      /^castellan: c\.yaml:4:3 server "weather" is made by hand and is not as .*\(resource_not_managed\)\n/,
    ),
  ]);
  expect((await run(["diff", "-f", "c.yaml", "--adopt"])).stdout).toContain(
    '    managedBy: nothing → "main"\n',
  );
  const twice = await run(["apply", "-f", "c.yaml", "-f", "lost.yaml", "--yes"]);
  expect([twice.code, twice.stderr]).toEqual([
    2,
    expect.stringMatching(/^castellan: Two of the files are called main:/),
  ]);
});

test("several files are one answer each for programs, one of them from standard input", async () => {
  await write("a.yaml", `apiVersion: castellan/v1\nname: a\nportals: { one: {} }\n`);
  const b = `{"apiVersion":"castellan/v1","name":"b","portals":{"two":{}}}`;
  const files = ["-f", "a.yaml", "-f", "-"];
  const applied = await run(["apply", ...files, "--yes", "--json"], {}, b);
  expect([applied.code, applied.stderr, JSON.parse(applied.stdout)]).toEqual([
    0,
    "",
    {
      items: [
        { changes: [{ kind: "portal", slug: "one", action: "create", fields: [] }], syncing: [] },
        { changes: [{ kind: "portal", slug: "two", action: "create", fields: [] }], syncing: [] },
      ],
    },
  ]);
  const diff = await run(["diff", ...files], {}, b);
  expect([diff.code, diff.stdout]).toEqual([
    0,
    "a.yaml (a): nothing to change\nstandard input (b): nothing to change\n",
  ]);
});

test("an export is a file that changes nothing, and does not overwrite unasked", async () => {
  await served.json(["server", "add", "weather", upstream.url, "--allow-private", "127.0.0.1"]);
  await served.json(["portal", "add", "team", "--servers", "weather"]);
  const shown = await run(["export", "--name", "mine"]);
  expect([shown.code, shown.stderr]).toEqual([0, ""]);
  expect(await run(["export", "--name", "mine", "-o", "mine.yaml"])).toEqual({
    code: 0,
    stdout: "Written to mine.yaml\n",
    stderr: "",
  });
  expect(await readFile(join(folder.path, "mine.yaml"), "utf8")).toBe(shown.stdout);
  expect(shown.stdout).toBe(`apiVersion: castellan/v1
name: mine
servers:
  weather:
    url: ${upstream.url}
    allowPrivate:
      - 127.0.0.1
portals:
  team:
    servers:
      - weather
`);
  expect((await run(["export", "-o", "mine.yaml"])).stderr).toBe(
    "castellan: Overwrite mine.yaml? Nobody is there to say so: add --yes (not_confirmed)\n",
  );
  expect((await run(["export", "--name", "mine", "-o", "mine.yaml", "--yes"])).code).toBe(0);
  expect(JSON.parse((await run(["export", "--json"])).stdout)).toMatchObject({ name: "castellan" });
  expect((await run(["export", "-o", "no/where.yaml"])).stderr).toMatch(
    /where\.yaml cannot be written \(ENOENT\) \(file_unreadable\)\n$/,
  );
  // Nothing but who manages it is another one.
  expect((await run(["diff", "-f", "mine.yaml", "--adopt"])).stdout).toBe(`mine.yaml (mine): 2 to change
~ server weather
    managedBy: nothing → "mine"
~ portal team
    managedBy: nothing → "mine"
`);
});

test("the schema is JSON for editors", async () => {
  const { code, stdout } = await run(["config", "schema"]);
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { title: "Castellan configuration", type: "object" }]);
});

/** The order of fields is the server's. */
function sorted(lines: string): string[] {
  return lines.split("\n").toSorted();
}
