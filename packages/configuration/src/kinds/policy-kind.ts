/**
 * Rules of the policy. Whether one can take effect is asked when it is saved: what it names must be there then, of the
 * same document or from before.
 */
import { policyFaults, selectorProblem, type Rule, type RuleFields } from "@castellan/policy";
import type { PolicyEntry } from "../document/document.ts";
import { policyEntry } from "../document/policy-entry.ts";
import { said, type PlainKind } from "./plain-kind.ts";

export const policyKind: PlainKind<PolicyEntry> = {
  kind: "policy",
  wantedIn: ({ policies }) => Object.entries(policies),
  pathOf: (name) => ["policies", name],
  defaultsFor: () => {
    const { action: _, include: __, ...rest } = policyEntry.parse({ action: "allow", include: [] });
    return rest;
  },
  fixed: [],
  isOwners: false,
  assertSound,
  list: async ({ policies }) =>
    (await policies.list()).map((rule) => ({
      key: rule.name,
      identity: rule.id,
      version: rule.version,
      entry: entryOf(rule),
    })),
  add: async ({ policies }, { key: name, entry, file }) =>
    (await policies.add({ ...toFields(entry), name, managedBy: file })).rule.id,
  async change({ policies }, { key, entry, file }, { version }) {
    await policies.replace(key, { ...toFields(entry), managedBy: file }, version);
  },
  remove: ({ policies }, { key, version }) => policies.remove(key, version),
};

/** What a selector says of itself; throws `rule_without_effect`. */
function assertSound(entry: PolicyEntry): void {
  for (const part of ["include", "require", "exclude"] as const)
    for (const [index, selector] of entry[part].entries()) {
      const problem = selectorProblem(selector);
      const field = `${part}[${index}]`;
      if (problem !== undefined)
        throw policyFaults.fault("rule_without_effect", `${field}: ${problem}`, { field });
    }
}

function toFields({ stepUp, purpose, approval, startsAt, endsAt, ...entry }: PolicyEntry): RuleFields {
  const date = (text: string | undefined) => (text === undefined ? undefined : new Date(text));
  return { ...entry, stepUp, purpose, approval, startsAt: date(startsAt), endsAt: date(endsAt) };
}

function entryOf(rule: Rule): PolicyEntry {
  const {
    id: _,
    name: __,
    managedBy: ___,
    version: ____,
    createdAt: _____,
    updatedAt: ______,
    ...fields
  } = rule;
  return said(fields) as PolicyEntry;
}
