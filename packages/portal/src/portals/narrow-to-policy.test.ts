/** What is listed to somebody is what rules may let them do there: no more, no less, by whatever rules. */
import { toolClasses } from "@castellan/access";
import { createOffering } from "@castellan/calls";
import { plainConnection } from "@castellan/calls/testing";
import { createId } from "@castellan/kernel";
import { compilePolicies, ruleActions, type Caller, type Rule, type UseClass } from "@castellan/policy";
import fc from "fast-check";
import { expect, test } from "vitest";
import { exampleDefinition, examplePortal, exampleServer } from "../portal-tools/testing.ts";
import { narrowToPolicy, type OpenPortal } from "./open-portal.ts";

const servers = ["a", "b"].map((slug) =>
  exampleServer(slug, {
    definitions: [
      ...toolClasses.map((toolClass) => exampleDefinition(slug, { name: toolClass, class: toolClass })),
      exampleDefinition(slug, { kind: "prompt", name: "p", publicName: `${slug}_p`, text: '{"name":"p"}' }),
    ],
  }),
);
const offering = createOffering({ servers, naming: "prefixed" });
const open: OpenPortal = {
  portal: examplePortal(servers),
  servers,
  isNarrowed: false,
  part: "",
  scope: (era) => offering.scope(era),
};

const caller: Caller = {
  kind: "user",
  id: "usr_1",
  name: "Ann",
  email: "ann@example.com",
  groups: [],
  provider: "local",
  amr: [],
  provedAtMs: undefined,
  claims: {},
  clientId: undefined,
};

const who = fc.constantFrom<Rule["include"][number]>(
  { everyone: true },
  { email: "ann@example.com" },
  { email: "bob@example.com" },
  { ip: plainConnection.address },
  { country: "XX" },
  { expression: "call.arguments.n > 1" },
);
const some = <T>(of: readonly T[]) => fc.subarray([...of], { minLength: 1 });
const at = fc.oneof(
  fc.record({}),
  fc.record({ portals: some(["work", "other"]) }),
  fc.record({ servers: some(["a", "b"]) }),
  fc.record({ classes: some(toolClasses) }),
  fc.record({ servers: some(["a", "b"]).map(([first]) => [first as string]), tools: some(toolClasses) }),
);
const rules = fc.array(
  fc.record({
    at,
    action: fc.constantFrom(...ruleActions),
    include: fc.array(who, { minLength: 1, maxLength: 2 }),
  }),
  { maxLength: 5 },
);

test("whatever the rules say", () => {
  fc.assert(
    fc.property(rules, (given) => {
      const judge = compilePolicies(given.map(toRule)).judge(caller, plainConnection);
      const shown = narrowToPolicy(open, judge).scope("legacy");
      const mayShow = (server: string, toolClass: UseClass, tool?: string) =>
        judge.mayShow({ portal: "work", server, class: toolClass, tool });
      const expected = servers.flatMap(({ server: { slug } }) =>
        toolClasses.filter((one) => mayShow(slug, one, one)).map((one) => `${slug}_${one}`),
      );
      expect(shown.entries("tool").map(({ publicName }) => publicName)).toEqual(expected);
      expect(shown.entries("prompt").map(({ publicName }) => publicName)).toEqual(
        servers
          .filter(({ server: { slug } }) => mayShow(slug, "read"))
          .map(({ server }) => `${server.slug}_p`),
      );
      for (const entry of offering.scope("legacy").entries("tool"))
        expect(shown.find("tool", entry.publicName) !== undefined).toBe(expected.includes(entry.publicName));
      const isLeft = (slug: string) =>
        expected.some((name) => name.startsWith(`${slug}_`)) || toolClasses.some((one) => mayShow(slug, one));
      expect(shown.servers.map(({ server }) => server.slug)).toEqual(["a", "b"].filter(isLeft));
      expect(narrowToPolicy(open, judge).portal.servers).toEqual(["a", "b"].filter(isLeft));
    }),
    { numRuns: 500 },
  );
});

test("without rules it is the portal itself, and the same part is the same object", () => {
  const judge = compilePolicies([]).judge(caller, plainConnection);
  expect(narrowToPolicy(open, judge)).toBe(open);
  const blocked = () =>
    compilePolicies([
      toRule({ at: { servers: ["a"] }, action: "block", include: [{ everyone: true }] }, 0),
    ]).judge(caller, plainConnection);
  expect(narrowToPolicy(open, blocked())).toBe(narrowToPolicy(open, blocked()));
});

function toRule(fields: Pick<Rule, "at" | "action" | "include">, index: number): Rule {
  return {
    id: createId("rule"),
    name: `rule-${index}`,
    description: "",
    require: [],
    exclude: [],
    stepUp: undefined,
    purpose: undefined,
    approval: fields.action === "require_approval" ? { deciders: { self: true } } : undefined,
    startsAt: undefined,
    endsAt: undefined,
    isEnabled: true,
    managedBy: undefined,
    version: 1,
    createdAt: new Date(0),
    updatedAt: new Date(0),
    ...fields,
  };
}
