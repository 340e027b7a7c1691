import { expect, test } from "vitest";
import { compilePolicies } from "../decide/compile.ts";
import { callerOf, connectionOf, ruleOf, useOf } from "../testing/rule-of.ts";
import { simulate } from "./simulate.ts";
import type { RecordedUse } from "./simulation.ts";

const ann = callerOf();
const bob = callerOf({ id: "usr_bob", name: "Bob", groups: ["leads"] });

function called(caller = ann, use: Partial<RecordedUse["use"]> = {}): RecordedUse {
  return { caller, connection: connectionOf(), use: useOf({ arguments: undefined, ...use }) };
}

test("tells what would come out otherwise, for whom and by which rule", async () => {
  const before = compilePolicies([ruleOf({ name: "all" })]);
  const after = compilePolicies([
    ruleOf({ name: "all" }),
    ruleOf({ name: "writers", at: { classes: ["write"] }, include: [{ group: "leads" }] }),
    ruleOf({ name: "no-mail", action: "block", at: { servers: ["mail"] } }),
  ]);
  const result = await simulate(before, after, [
    called(),
    called(ann, { class: "write", tool: "put_file", nowMs: 2_000 }),
    called(ann, { class: "write", tool: "put_file", nowMs: 1_000 }),
    called(bob, { class: "write", tool: "put_file" }),
    called(bob, { server: "mail", tool: "send", nowMs: 3_000 }),
  ]);
  const group = {
    portal: "office",
    method: "tools/call",
    before: "allow",
    after: "deny",
    rulesBefore: ["all"],
    unsure: 0,
  };
  expect(result).toEqual({
    calls: 5,
    before: { allow: 5, ask: 0, deny: 0 },
    after: { allow: 2, ask: 0, deny: 3 },
    changed: 3,
    unsure: 0,
    groups: [
      {
        ...group,
        caller: { kind: "user", id: "usr_ann", name: "Ann" },
        server: "files",
        tool: "put_file",
        rulesAfter: [],
        calls: 2,
        firstAtMs: 1_000,
        lastAtMs: 2_000,
      },
      {
        ...group,
        caller: { kind: "user", id: "usr_bob", name: "Bob" },
        server: "mail",
        tool: "send",
        rulesAfter: ["no-mail"],
        calls: 1,
        firstAtMs: 3_000,
        lastAtMs: 3_000,
      },
    ],
    notGrouped: 0,
  });
});

test("arguments that were not recorded are taken for the stricter, and told", async () => {
  const large = ruleOf({
    name: "large",
    action: "block",
    include: [{ expression: "call.arguments.amount > 100" }],
  });
  const result = await simulate(compilePolicies([]), compilePolicies([large]), [
    called(),
    called(ann, { arguments: { amount: 500 } }),
    called(ann, { arguments: { amount: 5 } }),
  ]);
  expect([result.after, result.changed, result.unsure]).toEqual([{ allow: 1, ask: 0, deny: 2 }, 2, 1]);
  expect(result.groups.map(({ calls, unsure }) => [calls, unsure])).toEqual([[2, 1]]);
});

test("tells the hundred groups with most calls, and counts the rest", async () => {
  const none = compilePolicies([ruleOf({ name: "none", action: "block" })]);
  async function* calls() {
    for (let tool = 0; tool < 150; tool++) {
      for (let call = 0; call <= tool; call++) yield called(ann, { tool: `tool-${tool}` });
    }
  }
  const { changed, groups, notGrouped } = await simulate(compilePolicies([]), none, calls());
  expect([
    changed,
    groups.length,
    groups[0]?.tool,
    groups[0]?.calls,
    groups.at(-1)?.tool,
    notGrouped,
  ]).toEqual([11_325, 100, "tool-149", 150, "tool-50", 1_275]);
});
