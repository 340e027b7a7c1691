import { expect, test } from "vitest";
import { callerOf, connectionOf, ruleOf, useOf } from "../testing/rule-of.ts";
import { explain } from "./explain.ts";

test("each rule that is attached there, and each thing that it looks at, in words", () => {
  const endsAt = new Date("2026-01-02T00:00:00Z");
  const rules = [
    ruleOf({ name: "writers", at: { servers: ["files"], classes: ["write"] } }),
    ruleOf({ name: "readers", at: { classes: ["read"] }, include: [{ group: "staff" }, { group: "leads" }] }),
    ruleOf({ name: "healthy", action: "block", exclude: [{ posture: "disk" }, { ip: "10.0.0.0/8" }] }),
    ruleOf({ name: "guests", include: [{ email: "ann@example.com" }], endsAt }),
    ruleOf({ name: "drill", action: "block", isEnabled: false }),
  ];
  const everyone = { part: "include", selector: { everyone: true }, fits: "yes", words: "it is anybody" };
  expect(explain(rules, callerOf(), connectionOf(), useOf())).toEqual({
    decision: {
      outcome: "deny",
      levels: [
        { level: "portal", outcome: "deny", why: "blocked", rules: ["healthy"] },
        { level: "server", outcome: "allow", why: "inherited", rules: [] },
        { level: "use", outcome: "allow", why: "allowed", rules: ["readers"] },
      ],
      demands: [],
    },
    rules: [
      {
        name: "drill",
        action: "block",
        level: "portal",
        state: "disabled",
        fits: "yes",
        effect: "none",
        selectors: [everyone],
      },
      {
        name: "guests",
        action: "allow",
        level: "portal",
        state: "over",
        fits: "yes",
        effect: "none",
        selectors: [
          {
            part: "include",
            selector: { email: "ann@example.com" },
            fits: "yes",
            words: "the e-mail address is ann@example.com",
          },
        ],
      },
      {
        name: "healthy",
        action: "block",
        level: "portal",
        state: "in_force",
        fits: "unknown",
        effect: "blocks",
        selectors: [
          everyone,
          {
            part: "exclude",
            selector: { posture: "disk" },
            fits: "unknown",
            words: "the evaluation disk says yes",
          },
          {
            part: "exclude",
            selector: { ip: "10.0.0.0/8" },
            fits: "no",
            words: "the address is in 10.0.0.0/8",
          },
        ],
      },
      {
        name: "readers",
        action: "allow",
        level: "use",
        state: "in_force",
        fits: "yes",
        effect: "allows",
        selectors: [
          {
            part: "include",
            selector: { group: "staff" },
            fits: "yes",
            words: "they are in the group staff",
          },
          { part: "include", selector: { group: "leads" }, fits: "no", words: "they are in the group leads" },
        ],
      },
    ],
    elsewhere: 1,
  });
});
