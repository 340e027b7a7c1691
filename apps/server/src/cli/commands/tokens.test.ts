import { afterAll, beforeAll, expect, test } from "vitest";
import { serveTestApi, type ServedApi } from "../testing/command.ts";

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
