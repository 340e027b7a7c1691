/** Answers to the list methods: every definition as its server sent it, under its public name; then the portal's own. */
import type { Scope } from "@castellan/calls";
import type { CapabilityKind } from "@castellan/mcp";
import { portalTools } from "../portal-tools/portal-tools.ts";
import { listTtlMs } from "./hello.ts";

const members: Readonly<Record<CapabilityKind, string>> = {
  tool: "tools",
  prompt: "prompts",
  resource: "resources",
  resource_template: "resourceTemplates",
};

/** A scope never changes, so each of its lists is put together once. */
const made = new WeakMap<Scope, Map<CapabilityKind, string>>();

export function listResult(scope: Scope, kind: CapabilityKind): string {
  const lists = made.get(scope) ?? new Map<CapabilityKind, string>();
  made.set(scope, lists);
  const known = lists.get(kind) ?? makeList(scope, kind);
  lists.set(kind, known);
  return known;
}

function makeList(scope: Scope, kind: CapabilityKind): string {
  const own = kind === "tool" ? portalTools.definitions() : [];
  const items = `"${members[kind]}":[${[...scope.list(kind), ...own].join(",")}]`;
  if (scope.era === "legacy") return `{${items}}`;
  return `{"resultType":"complete",${items},"ttlMs":${listTtlMs},"cacheScope":"private"}`;
}
