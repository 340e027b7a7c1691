/** What a rule names that is kept elsewhere, with the field that names it. */
import type { RuleFields } from "../rules/rule.ts";
import { facetsOf, type Facet } from "./selectors-of.ts";

export type NamedKind =
  | "portal"
  | "server"
  /** Of whichever directory the rule is about. */
  | "group"
  /** Of the company's people: who may decide. */
  | "deciding_group"
  /** A provider or trusted issuer. */
  | "login_method"
  | "service_token"
  | "client"
  | "evaluator";

export const kindWords: Readonly<Record<NamedKind, string>> = {
  portal: "portal",
  server: "server",
  group: "group",
  deciding_group: "group of the company's people",
  login_method: "provider or trusted issuer",
  service_token: "service token",
  client: "client",
  evaluator: "evaluator",
};

export interface Named {
  readonly kind: NamedKind;
  readonly name: string;
  readonly field: string;
}

/** Every name, as often as it stands there. */
export function namesIn(rule: RuleFields): Named[] {
  const { portals = [], servers = [] } = rule.at;
  const groups = rule.approval?.deciders.groups ?? [];
  return [
    ...portals.map((name, at): Named => ({ kind: "portal", name, field: `at.portals[${at}]` })),
    ...servers.map((name, at): Named => ({ kind: "server", name, field: `at.servers[${at}]` })),
    ...groups.map((name, at): Named => ({
      kind: "deciding_group",
      name,
      field: `approval.deciders.groups[${at}]`,
    })),
    ...facetsOf(rule).flatMap(({ facet, field }) => namedBy(facet).map((named) => ({ ...named, field }))),
  ];
}

function namedBy(facet: Facet): Pick<Named, "kind" | "name">[] {
  switch (facet.kind) {
    case "group":
      return [{ kind: "group", name: facet.value }];
    case "claim":
      return [{ kind: "login_method", name: facet.value.provider }];
    case "loginMethod":
      // Accounts of our own are always there.
      return facet.value === "local" ? [] : [{ kind: "login_method", name: facet.value }];
    case "serviceToken":
      return facet.value === "any" ? [] : [{ kind: "service_token", name: facet.value }];
    case "client":
      return [{ kind: "client", name: facet.value }];
    case "posture":
      return [{ kind: "evaluator", name: facet.value }];
    default:
      return [];
  }
}
