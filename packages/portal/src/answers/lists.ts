/** Answers to the list methods: every definition as its server sent it, under its public name. */
import type { Scope } from "@castellan/calls";
import type { CapabilityKind } from "@castellan/mcp";
import { listTtlMs } from "./hello.ts";

const members: Readonly<Record<CapabilityKind, string>> = {
  tool: "tools",
  prompt: "prompts",
  resource: "resources",
  resource_template: "resourceTemplates",
};

export function listResult(scope: Scope, kind: CapabilityKind): string {
  const items = `"${members[kind]}":[${scope.list(kind).join(",")}]`;
  if (scope.era === "legacy") return `{${items}}`;
  return `{"resultType":"complete",${items},"ttlMs":${listTtlMs},"cacheScope":"private"}`;
}
