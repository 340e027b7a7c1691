import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startTestUpstream, type TestUpstream } from "@castellan/api/testing";
import { createId } from "@castellan/kernel";
import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { columns, makeFolder, serveTestApi, type ServedApi } from "../../testing/command.ts";

let served: ServedApi;
let upstream: TestUpstream;
let adaId: string;

beforeAll(async () => {
  served = await serveTestApi();
  upstream = await startTestUpstream();
  const settings = ["--allow-private", "127.0.0.1", "--auto-accept", "tools"];
  await served.json(["server", "add", "weather", upstream.url, ...settings]);
  await served.json(["portal", "add", "team", "--servers", "weather"]);
  await served.json(["group", "add", "Leads"]);
  ({ id: adaId } = (await served.json(["user", "add", "ada@example.com", "--name", "Ada"])) as {
    id: string;
  });
  await served.json(["group", "add-member", "Leads", "ada@example.com"]);
  await served.json(["portal", "allow", "team", "--everyone", "--class", "read,write,destructive"]);
});
beforeEach(async () => {
  await served.api.database.query(sql`delete from policy_rules`);
});
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();
});

const addNight = [
  ["policy", "add", "ask-leads", "--action", "require_approval", "--description", "Writes need a lead"],
  ["--portals", "team", "--class", "write,read", "--include", "everyone", "--exclude", "group=Leads"],
  [
    "--require",
    "time=mon-fri 00:00-24:00 UTC",
    "--approver",
    "group:Leads",
    "--approver",
    "user:Ada@Example.com",
  ],
  ["--expires", "2h", "--holds", "30m", "--step-up", "15m", "--purpose", "--ends", "2100-01-01T00:00:00Z"],
].flat();

test("rules: add, show, list, edit, switch off and on, remove", async () => {
  const made = await served.castellan(addNight);
  expect(made).toEqual({
    code: 0,
    stdout: `Rule        ask-leads
Does        require approval
For         Writes need a lead
At          portal team; read or write tools
Level       use
Include     everyone
Require     time=mon,tue,wed,thu,fri 00:00-24:00 UTC
Exclude     group=Leads
Step-up     proved within 15m, by a second factor
Purpose     must be said; for one call
Decided by  group Leads, ada@example.com
Waits for   2h
A yes       holds for 30m
Ends        2100-01-01 00:00:00
`,
    stderr: expect.any(String) as string,
  });
  expect((await served.castellan(["policies", "show", "ask-leads"])).stdout).toBe(made.stdout);

  const edited = await served.json(
    [
      ["policy", "edit", "ask-leads", "--servers", "weather", "--no-class", "--no-exclude", "--no-purpose"],
      ["--no-holds", "--remind", "1h", "--step-up-methods", "hwk,otp", "--no-ends"],
    ].flat(),
  );
  expect(edited).toMatchObject({
    at: { portals: ["team"], servers: ["weather"] },
    exclude: [],
    stepUp: { withinSeconds: 900, methods: ["hwk", "otp"] },
    approval: {
      deciders: { groups: ["Leads"], people: ["ada@example.com"] },
      expiresSeconds: 7200,
      remindSeconds: 3600,
    },
    version: 2,
  });
  expect(Object.keys(edited as object)).not.toContain("purpose");
  expect(Object.keys(edited as object)).not.toContain("endsAt");
  const blocking = ["policy", "edit", "ask-leads", "--action", "block", "--no-step-up"];
  const kept = ["policy", "edit", "ask-leads", "--action", "allow", "--approver", "self"];
  expect((await served.castellan(kept)).stderr).toContain("Only a rule whose action is require_approval");
  const blocked = await served.castellan(blocking);
  expect([blocked.code, blocked.stderr]).toEqual([
    0,
    expect.stringContaining("Who approves, and for how long, is gone"),
  ]);
  expect(await served.json(["policy", "show", "ask-leads"])).not.toHaveProperty("approval");

  await served.json(["policy", "disable", "ask-leads"]);
  expect(columns((await served.castellan(["policy", "list"])).stdout)).toEqual([
    ["NAME", "DOES", "AT", "LEVEL", "ENABLED", "DESCRIPTION"],
    ["ask-leads", "block", "portal team; server weather", "server", "no", "Writes need a lead"],
  ]);
  expect(await served.json(["policy", "enable", "ask-leads"])).toMatchObject({ isEnabled: true });
  expect((await served.castellan(["policy", "remove", "ask-leads"])).code).toBe(2);
  expect(await served.json(["policy", "remove", "ask-leads", "--yes"])).toEqual({ removed: "ask-leads" });
  expect((await served.castellan(["policy", "list"])).stderr).toBe(
    "No rule fits: what portals' access rules and tokens' scopes give, holds\n",
  );
});

test("a rule that cannot take effect is refused, with the field", async () => {
  const refused = await served.castellan([
    "policy",
    "add",
    "r",
    "--action",
    "block",
    "--include",
    "group=Nobody",
  ]);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain("rule_without_effect");
  expect(await served.json(["policy", "list"])).toEqual({ items: [] });
  expect((await served.castellan(["policy", "add", "r", "--include", "everyone"])).stderr).toContain(
    "A rule needs --action, and at least one --include",
  );
});

const call = ["--portal", "team", "--server", "weather", "--tool", "forecast"];

test("a test says whether a call goes through, by which rule, and ends with 1 where that was not expected", async () => {
  const asAda = ["policy", "test", "--user", "ada@example.com", ...call];
  expect(await served.castellan([...asAda, "--expect", "allow"])).toMatchObject({ code: 0 });
  await served.json(["policy", "add", "no-abroad", "--action", "block", "--include", "country=FR"]);
  const abroad = await served.castellan([...asAda, "--country", "FR", "--expect", "allow"]);
  expect(abroad).toMatchObject({ code: 1, stderr: "Expected was allow, and it is deny\n" });
  const [verdict = "", ...lines] = abroad.stdout.split("\n");
  expect(verdict).toBe("The call does not go through");
  expect(lines.map((line) => line.split(/ {2,}/)).filter(([first]) => first === "portal")).toEqual([
    ["portal", "deny", "a rule blocks it", "no-abroad"],
  ]);
  expect(abroad.stdout).toMatch(/no-abroad \(portal\) {2}blocks\n {2}\+ include country=FR: /);
  expect((await served.castellan([...asAda, "--country", "DE", "--expect", "allow"])).code).toBe(0);

  expect((await served.castellan([...asAda, "--from", "office"])).stderr).toContain(
    "--from must be an IP address",
  );
  const publicName = await served.castellan([...asAda, "--tool", "weather_forecast"]);
  expect(publicName.stderr).toContain("is none of the names that the server itself has for its tools");
  await served.json([
    "policy",
    "add",
    "there",
    "--action",
    "block",
    "--class",
    "write",
    "--include",
    "everyone",
  ]);
  expect((await served.castellan(asAda)).stderr).toContain("1 more rule is attached elsewhere");
  await served.json(["policy", "remove", "there", "--yes"]);

  const always = ["--class", "read,write,destructive"];
  await served.json([...addNight.with(2, "ask"), ...always]);
  const monday = ["--when", "2026-01-05T12:00:00Z"];
  // It is about others, and says nothing of her.
  expect((await served.castellan([...asAda, ...monday, "--expect", "allow"])).code).toBe(0);
  await served.json(["user", "add", "bob@example.com"]);
  const asBob = ["policy", "test", "--user", "bob@example.com", ...call, ...monday];
  const asked = await served.castellan([...asBob, "--expect", "ask"]);
  expect(asked.code).toBe(0);
  expect(asked.stdout.split("\n").slice(0, 4)).toEqual([
    "The call goes through once this is done",
    "  group Leads, ada@example.com must approve (ask)",
    "  they must have proved who they are within 15m (ask)",
    "  they must say what for (ask)",
  ]);
});

test("a test says that a program is refused what only people can do", async () => {
  const purpose = [
    "--action",
    "require_approval",
    "--include",
    "everyone",
    "--approver",
    "user:ada@example.com",
  ];
  await served.json(["policy", "add", "why", ...purpose, "--purpose"]);
  await served.castellan(["token", "create", "robot", "--portal", "team", "--allow", "destructive"]);
  const asRobot = await served.castellan(["policy", "test", "--token", "robot", ...call, "--expect", "deny"]);
  expect([asRobot.code, ...asRobot.stdout.split("\n").slice(0, 2)]).toEqual([
    0,
    "The call does not go through",
    "Rules want what only a person can do, and this caller is none",
  ]);
});

test("a simulation replays recorded calls with a rule that is not there yet, with a file, and without a rule", async () => {
  const record = (at: number) =>
    served.api.audit.append({
      id: createId("call"),
      startedAtMs: at,
      durationMs: 1,
      requestId: "req_1",
      replica: "rep_1",
      portal: "team",
      server: "weather",
      era: "modern",
      method: "tools/call",
      target: "weather_forecast",
      name: "forecast",
      class: "read",
      principalKind: "user",
      principalId: adaId,
      principalName: "Ada",
      outcome: "ok",
      bytesIn: 1,
      bytesOut: 1,
      clientAddress: "192.0.2.7",
    });
  for (let minute = 0; minute < 3; minute++) await record(Date.now() - minute * 60_000);

  const rule = ["--action", "block", "--include", "ip=192.0.2.0/24"];
  const simulated = await served.castellan(["policy", "simulate", "no-office", ...rule, "--since", "1h"]);
  expect(simulated.code).toBe(0);
  const [summary, , ...tables] = simulated.stdout.split("\n");
  expect(summary).toBe("3 recorded calls, 3 would come out otherwise");
  expect(columns(tables.slice(0, 4).join("\n"))).toEqual([
    ["OUTCOME", "NOW", "THEN"],
    ["allow", "3", "0"],
    ["ask", "0", "0"],
    ["deny", "0", "3"],
  ]);
  expect(simulated.stdout).toMatch(
    /3 {2}Ada {2}team {4}weather {2}forecast {2}allow {2}deny {2}no-office\n$/,
  );
  expect(await served.json(["policy", "list"])).toEqual({ items: [] });

  await using folder = await makeFolder();
  await writeFile(
    join(folder.path, "c.yaml"),
    "apiVersion: castellan/v1\nname: c\npolicies:\n  none: { action: block, include: [everyone: true] }\n",
  );
  const inFolder = { cwd: folder.path };
  expect(
    await served.json(["policy", "simulate", "--file", "c.yaml", "--by", "ada@example.com"], inFolder),
  ).toMatchObject({ calls: 3, changed: 3, after: { deny: 3 } });
  const elsewhere = ["policy", "simulate", "others", "--action", "allow", "--include", "ip=198.51.100.0/24"];
  expect((await served.castellan(elsewhere)).stdout).toMatch(/allow {2}deny {2}no rule allows it\n$/);
  await served.json(["policy", "add", "no-office", ...rule]);
  expect(await served.json(["policy", "simulate", "--remove", "no-office"])).toMatchObject({
    changed: 3,
    after: { allow: 3 },
  });
  const without = await served.castellan(["policy", "simulate", "--remove", "no-office"]);
  expect(without.stdout).toMatch(/forecast {2}deny {2}allow {2}-\n$/);
  expect(await served.json(["policy", "simulate", "no-office", "--no-enabled", "--max", "2"])).toMatchObject({
    calls: 2,
    after: { allow: 2 },
    isCut: true,
  });
  expect((await served.castellan(["policy", "simulate"])).stderr).toContain("Say what would be otherwise");
  const twice = ["policy", "simulate", "--file", "c.yaml", "--remove", "none"];
  expect((await served.castellan(twice, inFolder)).stderr).toContain("--remove none: the same rule");
  const unknown = await served.castellan(["policy", "simulate", "--remove", "gone"]);
  expect(unknown.stderr).toContain('"gone" is the name of no rule');
  const one = await served.castellan(["policy", "simulate", "no-office", "--no-enabled", "--max", "1"]);
  expect(one.stdout.split("\n")[0]).toBe("1 recorded call, 1 would come out otherwise");
});
