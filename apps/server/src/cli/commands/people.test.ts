/** `castellan user`, `group`, `session` and `grant`. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { columns, serveTestApi, type ServedApi } from "../testing/command.ts";
import { startInBetween } from "../testing/in-between.ts";

let served: ServedApi;

beforeAll(async () => {
  served = await serveTestApi();
  await served.json(["group", "add", "viewers", "--description", "Those who look"]);
  await served.json(["group", "add", "editors"]);
});
afterAll(() => served[Symbol.asyncDispose]());

const idOf = async (email: string) =>
  ((await served.json(["user", "show", email])) as { id: string }).id as Parameters<
    typeof served.api.letClientIn
  >[0];

test("people: add, list, show, change, suspend, remove", async () => {
  const added = await served.castellan([
    "user",
    "add",
    "Ann@example.com",
    "--name",
    "Ann",
    "--groups",
    "viewers",
  ]);
  expect(added).toEqual({
    code: 0,
    stdout: `Person     Ann (ann@example.com)
Directory  workforce
Role       member
Status     active
Groups     viewers
Made       just now
Signed in  never
ID         ${await idOf("ann@example.com")}
`,
    stderr: "A link with which they make their account: castellan user invite ann@example.com\n",
  });
  await served.json(["users", "add", "ann@example.com", "--directory", "customers"]);
  const listed = await served.castellan(["user", "list", "--search", "ann@"]);
  expect(columns(listed.stdout).map((row) => row.slice(0, 7))).toEqual([
    ["E-MAIL", "NAME", "DIRECTORY", "ROLE", "STATUS", "GROUPS", "SIGNED IN"],
    ["ann@example.com", "ann@example.com", "customers", "member", "active", "-", "never"],
    ["ann@example.com", "Ann", "workforce", "member", "active", "viewers", "never"],
  ]);
  const both = await served.castellan(["user", "show", "ann@example.com"]);
  expect([both.code, both.stderr]).toEqual([
    2,
    expect.stringMatching(
      /^castellan: There is more than one person .*\(usr_\w+, usr_\w+\) \(usage_invalid\)/,
    ),
  ]);
  await served.json(["user", "remove", "ann@example.com", "--directory", "customers", "--yes"]);

  expect(
    await served.json([
      "user",
      "edit",
      "ann@example.com",
      "--role",
      "developer",
      "--groups",
      "viewers,editors",
    ]),
  ).toMatchObject({ role: "developer", groups: ["editors", "viewers"] });
  expect(await served.json(["user", "edit", "ann@example.com", "--no-groups"])).toMatchObject({ groups: [] });
  const unsure = await served.castellan(["user", "edit", "ann@example.com", "--status", "suspended"]);
  expect([unsure.code, unsure.stderr]).toEqual([2, expect.stringContaining("(not_confirmed)")]);
  const suspend = ["user", "edit", "ann@example.com", "--status", "suspended", "--yes"];
  expect(await served.json(suspend)).toMatchObject({ status: "suspended" });
  const removed = await served.castellan(["user", "remove", "ann@example.com", "--yes"]);
  expect(removed.stdout).toBe("ann@example.com is removed\n");
  expect((await served.castellan(["user", "show", "ann@example.com"])).stderr).toContain(
    'There is no person with the address "ann@example.com" (usage_invalid)',
  );
  expect(await served.castellan(["user", "list", "--role", "owner"])).toEqual({
    code: 0,
    stdout: "",
    stderr: "Nobody fits\n",
  });
});

test("a link is alone on standard output, and dead when it is ended", async () => {
  await served.json(["user", "add", "ben@example.com"]);
  const made = await served.castellan(["user", "invite", "ben@example.com", "--expires", "2h"]);
  expect(made).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^http:\/\/localhost\/welcome\/[\w-]{43}\n$/) as string,
    stderr:
      "Give it to ben@example.com and to nobody else: who opens it is them from then on. It works once, and ends in 2 h.\n",
  });
  const ended = await served.castellan(["user", "invite", "ben@example.com", "--end"]);
  expect(ended.stdout).toBe("No link makes anybody ben@example.com any more\n");
});

test("groups: list, show, rename, people in and out, remove", async () => {
  for (const name of ["cleo", "dan"]) await served.json(["user", "add", `${name}@example.com`]);
  const into = await served.castellan([
    "group",
    "add-member",
    "viewers",
    "cleo@example.com",
    "dan@example.com",
  ]);
  expect(into.stdout).toBe("cleo@example.com, dan@example.com: in viewers\n");
  const unknown = ["group", "remove-member", "viewers", "cleo@example.com", "nobody@example.com"];
  expect((await served.castellan(unknown)).code).toBe(2);
  await served.json(["group", "remove-member", "viewers", "dan@example.com"]);
  const shown = await served.castellan(["group", "show", "viewers"]);
  expect(columns(shown.stdout).slice(0, 4)).toEqual([
    ["Group", "viewers"],
    ["Directory", "workforce"],
    ["About", "Those who look"],
    ["People", "cleo@example.com"],
  ]);
  await served.json(["group", "edit", "viewers", "--name", "readers"]);
  const listed = await served.castellan(["groups", "list"]);
  expect(columns(listed.stdout).map((row) => row.slice(0, 4))).toEqual([
    ["NAME", "DIRECTORY", "PEOPLE", "DESCRIPTION"],
    ["editors", "workforce", "0", "-"],
    ["readers", "workforce", "1", "Those who look"],
  ]);
  const unsure = await served.castellan(["group", "remove", "readers"]);
  expect(unsure.stderr).toContain("Remove group readers? 1 person loses what access rules give it.");
  expect(await served.json(["group", "remove", "readers", "--yes"])).toEqual({
    removed: expect.stringMatching(/^grp_/) as string,
  });
});

test("sessions and grants: somebody's, one's own, and their end", async () => {
  await served.json(["user", "add", "eve@example.com", "--name", "Eve"]);
  const userId = await idOf("eve@example.com");
  const { secret, grantId, sessionId } = await served.api.letClientIn(userId);
  const mine = { env: { CASTELLAN_TOKEN: secret } };
  const sessions = await served.castellan(["session", "list", "eve@example.com"]);
  expect(columns(sessions.stdout)).toEqual([
    ["WITH", "PROVED BY", "ADDRESS", "USED", "ENDS", "BROWSER", "ID"],
    ["local", "pwd, otp", "192.0.2.1", "just now", "in 60 min", "a browser", sessionId],
  ]);
  expect((await served.castellan(["session", "list"], mine)).stdout).toBe(sessions.stdout);
  const grants = await served.castellan(["grant", "list", "--user", "eve@example.com"]);
  expect(columns(grants.stdout)).toEqual([
    ["PERSON", "CLIENT", "PORTAL", "MAY", "GIVEN", "USED", "ENDS", "ID"],
    ["eve@example.com", "A client", "(API)", "api", "just now", expect.any(String), "in 15 min", grantId],
  ]);
  expect(await served.json(["grant", "list", "--mine"], mine)).toMatchObject({ items: [{ id: grantId }] });
  expect((await served.castellan(["grant", "list"], mine)).stderr).toContain("(permission_required)");

  expect((await served.castellan(["grant", "end", grantId])).stderr).toContain("(not_confirmed)");
  expect(await served.json(["grant", "end", grantId, "--yes"])).toEqual({ ended: grantId });
  expect(await served.json(["grant", "list", "--user", "eve@example.com"])).toEqual({ items: [] });
  const ended = ["grant", "list", "--user", "eve@example.com", "--ended"];
  expect(await served.json(ended)).toMatchObject({ items: [{ id: grantId }] });
  expect(await served.json(["session", "end", sessionId, "--yes"])).toEqual({ ended: sessionId });
  expect((await served.castellan(["session", "list", "eve@example.com"])).stderr).toBe("Signed in nowhere\n");
  expect((await served.castellan(["session", "end", "one", "--yes"])).code).toBe(2);

  const again = await served.api.letClientIn(userId);
  const own = { env: { CASTELLAN_TOKEN: again.secret } };
  expect(await served.json(["session", "end", again.sessionId, "--mine", "--yes"], own)).toEqual({
    ended: again.sessionId,
  });
  expect((await served.castellan(["whoami"], own)).stderr).toContain("(token_invalid)");
});

test.each([
  [["user", "edit", "fay@example.com", "--name", "Mine"], "PATCH", "user"],
  [["user", "remove", "fay@example.com", "--yes"], "DELETE", "user"],
  [["group", "edit", "stale", "--description", "Mine"], "PATCH", "group"],
] as const)("%j does nothing where somebody was faster", async (args, method, kind) => {
  const said = kind === "user" ? "fay@example.com" : "stale";
  await served.json([kind, "add", said]);
  const { id } = (await served.json([kind, "show", said])) as { id: string };
  const change = kind === "user" ? ["--name", "Theirs"] : ["--description", "Theirs"];
  await using between = await startInBetween(served.url, { method, path: `/${kind}s/${id}` }, () =>
    served.json([kind, "edit", id, ...change]),
  );
  const run = await served.castellan(args, { env: { CASTELLAN_URL: between.url } });
  expect([run.code, run.stderr]).toEqual([1, expect.stringContaining("(version_stale)")]);
  expect(JSON.stringify(await served.json([kind, "show", id]))).toContain("Theirs");
  await served.json([kind, "remove", id, "--yes"]);
});
