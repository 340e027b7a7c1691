import { describe, expect, test } from "vitest";
import type { Use } from "../facts/facts.ts";
import { callerOf, connectionOf, useOf } from "../testing/rule-of.ts";
import { parseProgram } from "./cel/program.ts";
import { expression } from "./expression.ts";

const caller = callerOf({ claims: { team: "red", level: 3 }, groups: ["staff", "leads"] });
const certificate = { commonName: "laptop", fingerprint: "aa" };

function run(text: string, args: Use["arguments"] = {}, use: Partial<Use> = {}) {
  const made = useOf({ arguments: args, ...use });
  return parseProgram(text).run({
    caller,
    connection: connectionOf({ certificate }),
    portal: made.portal,
    nowMs: made.nowMs,
    use: made,
  });
}

describe("an expression", () => {
  test.each<readonly [string, Use["arguments"], string]>([
    ['caller.email.endsWith("@example.com") && "leads" in caller.groups', {}, "yes"],
    ['caller.claims.team == "red" && caller.claims.level >= 3', {}, "yes"],
    ['caller.client == "cli_editor" && caller.kind == "user" && caller.provider == "local"', {}, "yes"],
    ['connection.certificate.commonName == "laptop" && connection.address == "192.0.2.7"', {}, "yes"],
    [
      'call.portal == "office" && call.server == "files" && call.class == "read" && call.tool == "get_file"',
      {},
      "yes",
    ],
    ["call.arguments.amount > 100", { amount: 101 }, "yes"],
    ["call.arguments.amount > 100", { amount: 100 }, "no"],
    ["call.arguments.amount > 100", { amount: "101" }, "unknown"],
    ["call.arguments.amount > 100", {}, "unknown"],
    ["call.arguments.amount > 100", undefined, "unknown"],
    ["has(call.arguments.amount) && call.arguments.amount > 100", {}, "no"],
    ['call.arguments.constructor.name == "Object"', {}, "unknown"],
    ["has(call.arguments.constructor)", {}, "no"],
    ['"force" in call.arguments', { force: null }, "yes"],
    [
      'call.arguments["to"].all(a, a.endsWith("@example.com"))',
      { to: ["a@example.com", "b@evil.org"] },
      "no",
    ],
    [
      'call.arguments.to.exists(a, a.matches("@evil[.]org$"))',
      { to: ["a@example.com", "b@evil.org"] },
      "yes",
    ],
    ['call.arguments.path.matches("^/srv/")', { path: "/srv/a" }, "yes"],
    ["call.arguments.force == true", { force: "true" }, "no"],
    ['call.tool == "get_file" || call.arguments.x == 1', undefined, "yes"],
    ['now > timestamp("2026-06-15T09:59:59Z") && now.getHours() == 10', {}, "yes"],
    ["caller.groups.filter(g, g.startsWith('l')).size() == 1", {}, "yes"],
  ])("%s over %j: %s", (text, args, expected) => {
    expect(run(text, args)).toBe(expected);
  });

  test("fails over what is absent, unless it asks first", () => {
    const without = { tool: undefined };
    expect([
      run('call.tool == "x"', {}, without),
      run('has(call.tool) && call.tool == "x"', {}, without),
    ]).toEqual(["unknown", "no"]);
  });

  test.each([
    ["1 ==", "Unexpected token: EOF"],
    ["caller.emial == 'x'", "No such key: emial"],
    ["user == 'x'", "Unknown variable: user"],
    ["caller.email", "must come to true or false (bool), and comes to string"],
    ["call.arguments.force", "must come to true or false (bool), and comes to dyn"],
    ["caller.email > 5", "no such overload: string > int"],
    ["call.arguments.s.matches(call.arguments.p)", "matches takes one pattern, written out in quotes"],
    [
      "call.arguments.a.all(x, call.arguments.b.all(y, x == y))",
      "all cannot be used inside of another walk through a list",
    ],
    ["now.getHours('Europe/Berlin') > 3", "getHours takes no time zone here: the selector `time` does"],
    ["cel.bind(x, 1, x == 1)", "there is no method bind, or it takes another number of arguments"],
    ["b'{}'.json().x == 1", "there is no method json, or it takes another number of arguments"],
    [
      "call.arguments.s.matchesInLinearTime('a')",
      "there is no method matchesInLinearTime, or it takes another number of arguments",
    ],
    ["'a' == 'b' || 1 == 1", "looks at nothing of a call, so that it always comes to the same"],
    ["uint(1) == 1u", "there is no function uint"],
    [`${"(".repeat(40)}true${")".repeat(40)}`, "Exceeded maxDepth (32)"],
    [`${"true && ".repeat(250)}true`, "Exceeded maxAstNodes (400)"],
    [`true ${" ".repeat(4096)}`, "must have at most 4096 characters"],
  ])("%s is refused", (text, problem) => {
    expect(expression.problem(text)).toBe(problem);
  });

  test("is looked at as early as what it looks at is known", () => {
    const when = (text: string) => {
      const matcher = expression.matcher(text);
      return matcher.time === "what"
        ? `what, ${matcher.needsCall ? "of a call" : "at any time"}`
        : matcher.time;
    };
    expect(
      [
        "caller.kind == 'user'",
        "connection.country == 'DE' && caller.kind == 'user'",
        "now > timestamp('2026-01-01T00:00:00Z')",
        "call.tool == 'x'",
        "has(call.arguments.x)",
      ].map(when),
    ).toEqual(["who", "where", "what, at any time", "what, of a call", "what, of a call"]);
  });
});

describe("arguments of a stranger", () => {
  const large = "a".repeat(1_000_000);

  test.each<readonly [string, Record<string, unknown>]>([
    ["call.arguments.s.contains('needle')", { s: large }],
    ["call.arguments.s.matches('(a+)+b')", { s: large }],
    ["call.arguments.s.matches('(a+)+b')", { s: large.slice(0, 9_000) }],
    ["call.arguments.l.exists(x, x == 'b')", { l: Array.from({ length: 2_000 }, () => "a") }],
    [
      "call.arguments.l.exists(x, call.arguments.t.contains(x))",
      { l: Array.from({ length: 900 }, () => "ab"), t: large.slice(0, 6_000) },
    ],
    ["call.arguments.d == 1", { d: JSON.parse(`${"[".repeat(100)}${"]".repeat(100)}`) }],
    ["'x' in call.arguments", { [large]: 1 }],
    ["call.arguments == call.arguments", { s: large }],
  ])("that are too large to be gone through come to unknown: %s", (text, args) => {
    expect(run(text, args)).toBe("unknown");
  });

  test("a number that not all readers read alike comes to unknown, wherever it stands", () => {
    const args = JSON.parse('{"id": 9007199254740993, "ids": [1, -1e400], "n": 9007199254740991}') as Record<
      string,
      unknown
    >;
    expect(
      [
        "call.arguments.id == 9007199254740993",
        "call.arguments.id != 9007199254740993",
        "call.arguments.ids.exists(id, id == 1)",
        "call.arguments.n == 9007199254740991",
      ].map((text) => run(text, args)),
    ).toEqual(["unknown", "unknown", "unknown", "yes"]);
  });

  test.each<readonly [string, Record<string, unknown>]>([
    ["call.arguments.amount <= 100", { amount: 1, Amount: 1_000 }],
    ["has(call.arguments.amount)", { AMOUNT: 1_000 }],
    ["has(call.arguments.kind)", { "\u212Aind": 1 }],
    ["call.arguments.order.amount <= 100", { order: { amount: 1, aMount: 1_000 } }],
    ["'amount' in call.arguments", { amount: 1, Amount: 1_000 }],
    [
      "has(call.arguments.amount)",
      Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`a${at}`, 1])),
    ],
  ])("names that are one to readers that do not look at case come to unknown: %s", (text, args) => {
    expect(run(text, args)).toBe("unknown");
  });

  test("names of whatever case elsewhere do no harm", () => {
    expect(run("call.arguments.amount <= 100", { amount: 1, note: { a: 1, A: 2 }, Other: 1 })).toBe("yes");
  });

  test("a large document beside what is looked at does no harm", () => {
    expect(run("call.arguments.path.matches('^/srv/')", { path: "/srv/a", content: large })).toBe("yes");
  });

  test("a pattern that JavaScript would never come to an end with matches in linear time", () => {
    expect(run("call.arguments.s.matches('^(a|a)*$')", { s: `${"a".repeat(8_000)}b` })).toBe("no");
  });
});
