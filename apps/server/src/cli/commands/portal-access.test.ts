import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { sql } from "@castellan/database";
import { serveTestApi, type ServedApi } from "../testing/command.ts";
import { startInBetween } from "../testing/in-between.ts";

let served: ServedApi;

beforeAll(async () => {
  served = await serveTestApi();
  for (const slug of ["okrs", "news"])
    await served.json(["server", "add", slug, "http://127.0.0.1:1/", "--allow-private", "127.0.0.1"]);
});
beforeEach(async () => {
  await served.api.database.query(sql`delete from portals`);
  await served.json(["portal", "add", "team", "--servers", "okrs,news"]);
});
afterAll(() => served[Symbol.asyncDispose]());

const rules = async (...args: string[]) =>
  ((await served.json(["portal", ...args])) as { access: object[] }).access;
const viewers = ["--group", "viewers"];

test("what people may adds up, and is shown", async () => {
  expect(await rules("allow", "team", ...viewers)).toEqual([{ who: "group:viewers", classes: ["read"] }]);
  expect(await rules("allow", "team", ...viewers, "--class", "write")).toEqual([
    { who: "group:viewers", classes: ["read", "write"] },
  ]);
  await rules(
    "allow",
    "team",
    "--user",
    "Ann@example.com",
    "--class",
    "read,destructive",
    "--server",
    "okrs",
  );
  await rules("allow", "team", "--public");
  await served.json(["portal", "edit", "team", "--public-limit", "requests-per-minute=7"]);
  expect((await served.castellan(["portals", "access", "team"])).stdout).toBe(`Portal           team
People of        workforce
Without a token  7 requests a minute, 120 of one address

WHO                   MAY                SERVERS
group:viewers         read, write        all
user:ann@example.com  read, destructive  okrs
public                read               all
`);
  expect((await served.castellan(["portal", "show", "team"])).stdout).toContain(
    "May use  group:viewers (read, write); user:ann@example.com (read, destructive at okrs); public (read)\n",
  );
});

test("what somebody may can end by itself, and a portal can be for reading only", async () => {
  const until = "2099-12-31T18:00:00.000Z";
  await rules("allow", "team", ...viewers);
  expect(
    await rules("allow", "team", ...viewers, "--class", "write", "--until", "2099-12-31T19:00+01:00"),
  ).toEqual([
    { who: "group:viewers", classes: ["read"] },
    { who: "group:viewers", classes: ["write"], until },
  ]);
  expect(await rules("allow", "team", ...viewers, "--class", "destructive", "--until", until)).toEqual([
    { who: "group:viewers", classes: ["read"] },
    { who: "group:viewers", classes: ["write", "destructive"], until },
  ]);
  const [, day] = (await rules("allow", "team", "--everyone", "--until", "2099-12-31")).slice(1);
  expect(day).toEqual({ who: "everyone", classes: ["read"], until: "2100-01-01T00:00:00.000Z" });
  expect(await served.json(["portal", "edit", "team", "--read-only"])).toMatchObject({ isReadOnly: true });
  const shown = (await served.castellan(["portal", "access", "team"])).stdout;
  expect(shown).toContain("\nRead only  yes, whatever is said below\n");
  expect(shown).toMatch(/WHO +MAY +SERVERS +ENDS\ngroup:viewers +read +all +never\n/);
  expect(await served.json(["portal", "edit", "team", "--no-read-only"])).toMatchObject({
    isReadOnly: false,
  });
  const past = await served.castellan(["portal", "allow", "team", "--everyone", "--until", "2020-01-01"]);
  expect([past.code, past.stderr]).toEqual([
    2,
    expect.stringContaining("--until must be a span like 4h, or a day or time that is yet to come") as string,
  ]);
});

test("what is taken away is taken away, and nothing else", async () => {
  await rules("allow", "team", "--everyone");
  await rules("allow", "team", ...viewers, "--class", "read,write", "--server", "okrs,news");
  const everyone = { who: "everyone", classes: ["read"] };
  expect(await rules("disallow", "team", ...viewers, "--class", "write", "--server", "news")).toEqual([
    everyone,
    { who: "group:viewers", classes: ["read", "write"], servers: ["okrs"] },
    { who: "group:viewers", classes: ["read"], servers: ["news"] },
  ]);
  expect(await rules("disallow", "team", ...viewers, "--class", "read")).toEqual([
    everyone,
    { who: "group:viewers", classes: ["write"], servers: ["okrs"] },
  ]);
  expect(await rules("disallow", "team", ...viewers)).toEqual([everyone]);
  const all = await served.castellan(["portal", "disallow", "team", "--everyone", "--server", "okrs"]);
  expect([all.code, all.stderr]).toEqual([
    2,
    expect.stringContaining("What everyone may is about all servers of the portal") as string,
  ]);
  expect((await served.castellan(["portal", "disallow", "team", ...viewers])).stderr).toContain(
    "No rule of portal team gives that to group:viewers (usage_invalid)",
  );
  expect(await served.castellan(["portal", "disallow", "team", "--everyone"])).toEqual({
    code: 0,
    stdout: "Portal     team\nPeople of  workforce\n",
    stderr: "Nobody comes in but programs, by their tokens: castellan portal allow says who may\n",
  });
});

test.each([
  [["allow", "team"]],
  [["allow", "team", "--everyone", "--public"]],
  [["allow", "team", "--everyone", "--class", "reed"]],
  [["disallow", "team"]],
])("%j is refused before anything is asked", async (args) => {
  const run = await served.castellan(["portal", ...args], { env: { CASTELLAN_URL: "http://127.0.0.1:1" } });
  expect([run.code, run.stderr]).toEqual([2, expect.stringContaining("(usage_invalid)")]);
});

test("a rule that somebody else adds in between is not lost", async () => {
  const at = { method: "PATCH", path: "/portals/team" };
  await using between = await startInBetween(served.url, at, () => rules("allow", "team", "--everyone"));
  const run = await served.castellan(["portal", "allow", "team", ...viewers], {
    env: { CASTELLAN_URL: between.url },
  });
  expect([run.code, run.stderr]).toEqual([1, expect.stringContaining("(version_stale)")]);
  expect(await rules("access", "team")).toEqual([{ who: "everyone", classes: ["read"] }]);
});
