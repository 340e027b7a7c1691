/** Which rules name something that is to go. */
import type { Queryable } from "@castellan/database";
import { policyFaults } from "../faults.ts";
import type { Rule } from "../rules/rule.ts";
import { kindWords, namesIn, type NamedKind } from "../soundness/names.ts";
import { facetsOf, type PlacedFacet } from "../soundness/selectors-of.ts";
import { listRules } from "./read-rules.ts";

/** More names than this would tell nobody more. */
const maxTold = 20;

/** Rules that name it, disabled ones too: what they say would mean something else once another has the name. */
export async function rulesNaming(tx: Queryable, kinds: readonly NamedKind[], name: string): Promise<Rule[]> {
  const rules = await listRules(tx);
  return rules.filter((rule) =>
    namesIn(rule).some((named) => kinds.includes(named.kind) && named.name === name),
  );
}

/** Rules with an expression that looks at groups and has this name among its texts, as far as it is written out there. */
export async function rulesQuoting(tx: Queryable, group: string): Promise<Rule[]> {
  const texts = [`'${group}'`, `"${group}"`];
  const isQuoting = ({ facet }: PlacedFacet) =>
    facet.kind === "expression" &&
    facet.value.includes("groups") &&
    texts.some((text) => facet.value.includes(text));
  return (await listRules(tx)).filter((rule) => facetsOf(rule).some(isQuoting));
}

/**
 * That no rule names it. Ask in the transaction that removes it, once its row is locked: a rule that is being saved
 * holds that row, so that it is seen here, or finds nothing of that name. Throws `rule_refers`.
 */
export async function assertNotNamed(tx: Queryable, kind: NamedKind, name: string): Promise<void> {
  const rules = await rulesNaming(tx, kind === "group" ? ["group", "deciding_group"] : [kind], name);
  if (rules.length > 0) throw refers(`The ${kindWords[kind]} "${name}"`, rules);
}

/**
 * That no rule looks at a claim of this provider or trusted issuer beside those that its entry keeps from now on.
 * Throws `rule_refers`.
 */
export async function assertClaimsKept(
  tx: Queryable,
  provider: string,
  kept: readonly string[],
): Promise<void> {
  const isGone = ({ facet }: PlacedFacet) =>
    facet.kind === "claim" && facet.value.provider === provider && !kept.includes(facet.value.name);
  const rules = (await listRules(tx)).filter((rule) => facetsOf(rule).some(isGone));
  if (rules.length > 0) throw refers(`A claim of ${provider} that is not to be kept`, rules);
}

/** `rule_refers`; what it is that they name is the beginning of a sentence. */
export function refers(what: string, rules: readonly Pick<Rule, "name">[]): Error {
  const names = rules.map((rule) => rule.name).slice(0, maxTold);
  const more = rules.length > names.length ? ` and ${rules.length - names.length} more` : "";
  return policyFaults.fault("rule_refers", `${what} is named by the rules ${names.join(", ")}${more}`, {
    data: { rules: names },
  });
}
