/** Rules, callers, connections and uses for tests: what a test does not name is the plainest there is. */
import { createId } from "@castellan/kernel";
import type { Caller, Connection, Use } from "../facts/facts.ts";
import type { Rule, RuleFields } from "../rules/rule.ts";

const madeAt = new Date("2026-01-01T00:00:00Z");

export function ruleOf(fields: Partial<RuleFields> & { readonly name: string }): Rule {
  return {
    id: createId("rule"),
    description: "",
    action: "allow",
    at: {},
    include: [{ everyone: true }],
    require: [],
    exclude: [],
    stepUp: undefined,
    purpose: undefined,
    approval: fields.action === "require_approval" ? { deciders: { groups: ["leads"] } } : undefined,
    startsAt: undefined,
    endsAt: undefined,
    isEnabled: true,
    managedBy: undefined,
    version: 1,
    createdAt: madeAt,
    updatedAt: madeAt,
    ...fields,
  };
}

export function callerOf(facts: Partial<Caller> = {}): Caller {
  return {
    kind: "user",
    id: "usr_ann",
    name: "Ann",
    email: "ann@example.com",
    groups: ["staff"],
    provider: "local",
    amr: ["pwd"],
    provedAtMs: undefined,
    claims: {},
    clientId: "cli_editor",
    ...facts,
  };
}

export function connectionOf(facts: Partial<Connection> = {}): Connection {
  return { address: "192.0.2.7", country: "DE", certificate: undefined, postures: {}, ...facts };
}

export function useOf(facts: Partial<Use> = {}): Use {
  return {
    portal: "office",
    server: "files",
    class: "read",
    tool: "get_file",
    method: "tools/call",
    arguments: {},
    nowMs: Date.parse("2026-06-15T10:00:00Z"),
    ...facts,
  };
}
