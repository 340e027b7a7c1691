import { afterAll, beforeAll, expect, test } from "vitest";
import { columns, serveTestApi, type ServedApi } from "../testing/command.ts";

let served: ServedApi;

beforeAll(async () => {
  served = await serveTestApi();
});
afterAll(() => served[Symbol.asyncDispose]());

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

test("scope by scope, changed, and given another secret while the one before is still good", async () => {
  await served.json(["server", "add", "okrs", "http://127.0.0.1:1/", "--allow-private", "127.0.0.1"]);
  const made = await served.castellan([
    "token",
    "add",
    "robot",
    "--scope",
    "portal:team",
    "--scope",
    "okrs:write",
  ]);
  expect([made.code, made.stdout.startsWith("cst_")]).toEqual([0, true]);
  const edit = ["token", "edit", "robot", "--name", "bot", "--portal", "team", "--allow", "read,write"];
  expect(await served.json([...edit, "--expires", "30d"])).toMatchObject({
    name: "bot",
    portals: ["team"],
    scopes: expect.arrayContaining(["portal:team:write"]) as string[],
    expiresAt: expect.any(String) as string,
  });
  expect(await served.json(["token", "edit", "bot", "--no-expires"])).not.toHaveProperty("expiresAt");

  const rotated = await served.castellan(["token", "rotate", "bot", "--overlap", "2h"]);
  expect(rotated).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^cst_[\w-]+\n$/) as string,
    stderr:
      "This is the only time that the token is shown: keep it where secrets are kept.\nThe one before is good for a while: it ends in 2 h.\n",
  });
  for (const { stdout } of [made, rotated])
    expect(await served.json(["whoami"], { env: { CASTELLAN_TOKEN: stdout.trim() } })).toMatchObject({
      name: "bot",
    });
  expect((await served.castellan(["token", "rotate", "bot", "--overlap", "0s"])).code).toBe(2);
  await served.json(["token", "rotate", "bot", "--overlap", "0s", "--yes"]);
  for (const { stdout } of [made, rotated])
    expect((await served.castellan(["whoami"], { env: { CASTELLAN_TOKEN: stdout.trim() } })).code).toBe(1);

  const shown = await served.castellan(["token", "show", "bot"]);
  expect(columns(shown.stdout).slice(0, 2)).toEqual([
    ["Token", "bot"],
    ["Role", "member"],
  ]);
});

test.each([
  [["token", "create", "nothing"], "Such a token could do nothing"],
  [
    ["token", "create", "both", "--admin", "--role", "auditor"],
    "--admin and --role auditor exclude each other",
  ],
  [
    ["token", "create", "odd", "--portal", "team", "--allow", "reed"],
    '--allow takes read, write, destructive, not "reed"',
  ],
  [["token", "create", "none", "--allow", "read"], "--allow is about portals"],
  [["token", "edit", "root"], "`castellan token edit --help` lists what can be"],
])("%j: %s", async (args, reason) => {
  const run = await served.castellan(args);
  expect([run.code, run.stderr.includes(reason)]).toEqual([2, true]);
});
