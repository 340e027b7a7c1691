import { describe, expect, test } from "vitest";
import { explain } from "../explain/explain.ts";
import type { Rule } from "../rules/rule.ts";
import type { Selector } from "../rules/selector.ts";
import { unusableIn } from "../rules/unusable.ts";
import { callerOf, connectionOf, ruleOf, useOf } from "../testing/rule-of.ts";
import { compilePolicies } from "./compile.ts";
import type { Outcome } from "./decision.ts";

const caller = callerOf();
const connection = connectionOf();
const use = useOf();

function judgeBy(...rules: readonly Rule[]) {
  return compilePolicies(rules).judge(caller, connection);
}

describe("a decision", () => {
  test("without rules leaves what access rules gave", () => {
    expect(judgeBy().decide(use)).toEqual({
      outcome: "allow",
      levels: [
        { level: "portal", outcome: "allow", why: "inherited", rules: [] },
        { level: "server", outcome: "allow", why: "inherited", rules: [] },
        { level: "use", outcome: "allow", why: "inherited", rules: [] },
      ],
      demands: [],
    });
  });

  test("names the rules of each level, and gathers all demands", () => {
    const decision = judgeBy(
      ruleOf({ name: "staff", include: [{ group: "staff" }] }),
      ruleOf({ name: "files-fresh", at: { servers: ["files"] }, stepUp: { withinSeconds: 300 } }),
      ruleOf({ name: "files-all", at: { servers: ["files"] } }),
      ruleOf({
        name: "ask-leads",
        action: "require_approval",
        at: { classes: ["read"] },
        purpose: { holdsSeconds: 60 },
      }),
    ).decide(use);
    expect(decision).toEqual({
      outcome: "ask",
      levels: [
        { level: "portal", outcome: "allow", why: "allowed", rules: ["staff"] },
        { level: "server", outcome: "ask", why: "asked", rules: ["files-fresh"] },
        { level: "use", outcome: "ask", why: "asked", rules: ["ask-leads"] },
      ],
      demands: [
        { kind: "step_up", rule: "files-fresh", withinSeconds: 300 },
        { kind: "approval", rule: "ask-leads", deciders: { groups: ["leads"] } },
        { kind: "purpose", rule: "ask-leads", holdsSeconds: 60 },
      ],
    });
  });

  test("a rule that nobody can tell to fit lets nobody in, and what it wants is wanted", () => {
    const unsure = ruleOf({ name: "unsure", require: [{ posture: "disk" }], stepUp: { withinSeconds: 60 } });
    const everyone = ruleOf({ name: "everyone" });
    const asked = judgeBy(unsure, everyone).decide(use);
    expect([judgeBy(unsure).decide(use).outcome, asked.outcome, asked.demands]).toEqual([
      "deny",
      "ask",
      [{ kind: "step_up", rule: "unsure", withinSeconds: 60 }],
    ]);
  });

  test("where rules allow only others, they are known, and are not what refuses", () => {
    const refused = judgeBy(
      ruleOf({ name: "leads", include: [{ group: "leads" }] }),
      ruleOf({ name: "abroad", include: [{ country: "FR" }] }),
      ruleOf({ name: "never", action: "block", include: [{ group: "leads" }] }),
    ).decide(use);
    expect(refused.levels[0]).toEqual({
      level: "portal",
      outcome: "deny",
      why: "not_allowed",
      rules: [],
      allowing: ["abroad", "leads"],
    });
  });

  test("an allow rule holds from its start until just before its end, and counts as a rule before and after", () => {
    const startsAt = new Date("2026-06-15T10:00:00Z");
    const endsAt = new Date("2026-06-15T11:00:00Z");
    const judge = judgeBy(ruleOf({ name: "for-an-hour", startsAt, endsAt }));
    const at = (ms: number) => judge.decide({ ...use, nowMs: ms }).levels[0]?.why;
    expect([at(+startsAt - 1), at(+startsAt), at(+endsAt - 1), at(+endsAt)]).toEqual([
      "not_allowed",
      "allowed",
      "allowed",
      "not_allowed",
    ]);
  });
});

describe("at the door of a portal", () => {
  test("what a rule wants to know of a call keeps nobody out", () => {
    const expression = "call.arguments.amount > 100";
    const blocked = judgeBy(ruleOf({ name: "large", action: "block", include: [{ expression }] }));
    const allowed = judgeBy(ruleOf({ name: "small", exclude: [{ expression }] }));
    expect([blocked.enter("office", 0).outcome, allowed.enter("office", 0).outcome]).toEqual([
      "allow",
      "allow",
    ]);
  });

  test("the hour does", () => {
    const night = { from: "22:00", to: "06:00", zone: "UTC" };
    const judge = judgeBy(ruleOf({ name: "night", action: "block", include: [{ time: night }] }));
    const at = (text: string) => judge.enter("office", Date.parse(text)).outcome;
    expect([at("2026-06-15T21:59:00Z"), at("2026-06-15T22:00:00Z")]).toEqual(["allow", "deny"]);
  });

  test("rules of servers and uses do not count", () => {
    const judge = judgeBy(
      ruleOf({ name: "no-files", action: "block", at: { servers: ["files"] } }),
      ruleOf({ name: "no-writing", action: "block", at: { portals: ["office"], classes: ["write"] } }),
    );
    expect(judge.enter("office", 0).levels).toEqual([
      { level: "portal", outcome: "allow", why: "inherited", rules: [] },
    ]);
  });
});

describe("what is shown", () => {
  test("a temporary rule shows until it ends, if somebody compiles with the time", () => {
    const startsAt = new Date(1_000);
    const endsAt = new Date(2_000);
    const rules = [
      ruleOf({ name: "a", startsAt, endsAt }),
      ruleOf({ name: "b", endsAt: new Date(3_000), isEnabled: false }),
    ];
    const at = (nowMs?: number) => {
      const policies = compilePolicies(rules, nowMs === undefined ? {} : { nowMs });
      return [policies.changesAtMs, policies.judge(caller, connection).mayShow(use)];
    };
    expect([at(0), at(1_000), at(2_000), at()]).toEqual([
      [1_000, false],
      [2_000, true],
      [undefined, false],
      [undefined, true],
    ]);
  });

  test("a narrower rule hides a tool alone, and from whom it keeps away by who they are it is as if it were not there", () => {
    const judge = judgeBy(
      ruleOf({
        name: "leads-delete",
        at: { servers: ["files"], tools: ["delete"] },
        include: [{ group: "leads" }],
      }),
      ruleOf({
        name: "send-inside",
        at: { servers: ["mail"], tools: ["send"] },
        include: [{ ip: "10.0.0.0/8" }],
      }),
    );
    const told = (server: string, tool: string) => {
      const place = { ...use, server, tool };
      return [judge.mayShow(place), judge.isKnown(place)];
    };
    expect([
      told("files", "delete"),
      told("mail", "send"),
      told("files", "get"),
      told("other", "send"),
    ]).toEqual([
      [false, false],
      [false, true],
      [true, true],
      [true, true],
    ]);
  });

  test("the key is the same after a change that shows nothing else", () => {
    const at = { servers: ["files"] };
    const before = judgeBy(
      ruleOf({ name: "a", at }),
      ruleOf({ name: "b", at, include: [{ group: "leads" }] }),
    );
    const after = judgeBy(ruleOf({ name: "c", at, include: [{ group: "staff" }] }));
    const other = judgeBy(ruleOf({ name: "c", at, include: [{ group: "leads" }] }));
    expect(after.viewKey("office")).toBe(before.viewKey("office"));
    expect(other.viewKey("office")).not.toBe(before.viewKey("office"));
  });
});

describe("evaluators", () => {
  const disk = ruleOf({
    name: "disk",
    at: { portals: ["office"] },
    require: [{ posture: "disk" }, { group: "staff" }],
  });
  const patch = ruleOf({ name: "patch", at: { portals: ["lab"] }, require: [{ posture: "patch" }] });
  const policies = compilePolicies([disk, patch]);

  test("are asked only where their answer could matter, and once", () => {
    const stranger = callerOf({ groups: [] });
    const answered = connectionOf({ postures: { disk: false } });
    expect([
      policies.posturesWanted(caller, connection),
      policies.posturesWanted(caller, connection, "office"),
      policies.posturesWanted(stranger, connection, "office"),
      policies.posturesWanted(caller, answered, "office"),
    ]).toEqual([["disk", "patch"], ["disk"], [], []]);
  });
});

describe("rules that cannot be applied any more", () => {
  const broken = { expression: "nonsense(" };
  const everyone = { everyone: true } as const;
  const elsewhere = { portals: ["elsewhere"] };
  const foreign = { colour: "red" } as unknown as Selector;

  test.each<[Partial<Rule>, Outcome, string[], string]>([
    [{ include: [broken] }, "deny", [], "include[0]"],
    [{ include: [everyone], require: [broken] }, "deny", [], "require[0]"],
    [{ include: [everyone], exclude: [{ ip: "10.9.0.0/16" }, { ip: "office" }] }, "deny", [], "exclude[1]"],
    [{ include: [foreign], stepUp: { withinSeconds: 60 } }, "deny", [], "include[0]"],
    // Whatever the broken one says, they are meant, or are not.
    [{ include: [broken, everyone] }, "allow", ["a"], "include[0]"],
    [{ action: "block", include: [broken] }, "deny", ["a"], "include[0]"],
    [{ action: "block", include: [everyone], exclude: [broken] }, "deny", ["a"], "exclude[0]"],
    [{ action: "block", include: [broken], require: [{ group: "nobody" }] }, "allow", [], "include[0]"],
    [{ action: "require_approval", include: [broken] }, "ask", ["a"], "include[0]"],
    [{ action: "require_approval", approval: undefined }, "deny", ["a"], "approval"],
    [{ include: [broken], at: elsewhere }, "allow", [], "include[0]"],
    [{ include: [broken], isEnabled: false }, "allow", [], "include[0]"],
  ])("%j: %s", (fields, outcome, naming, field) => {
    const approval = fields.action === "require_approval" ? { deciders: { groups: ["leads"] } } : undefined;
    const rule = ruleOf({ name: "a", approval, ...fields });
    const judge = compilePolicies([rule]).judge(caller, connection);
    const decision = judge.decide(use);
    expect([decision.outcome, decision.levels[0]?.rules]).toEqual([outcome, naming]);
    expect([judge.mayShow(use), judge.isKnown(use)]).toEqual([outcome !== "deny", outcome !== "deny"]);
    expect(decision).toEqual(explain([rule], caller, connection, use).decision);
    expect(unusableIn(rule).map((one) => one.field)).toEqual([field]);
  });

  test("what can be applied has nothing to tell", () => {
    expect(unusableIn(ruleOf({ name: "a", exclude: [{ ip: "10.9.0.0/16" }] }))).toEqual([]);
  });
});
