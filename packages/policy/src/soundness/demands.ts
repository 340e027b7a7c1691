/** Whether what a rule wants first can be had: that somebody decides, or that there is somebody to prove or say something. */
import type { ApprovalTerms, RuleFields } from "../rules/rule.ts";
import { callersOf } from "./coverage.ts";
import { allOf, refuse, sound, warn, type Findings } from "./findings.ts";
import { facetOf } from "./selectors-of.ts";

const defaultExpirySeconds = 86_400;

export function findInDemands(rule: RuleFields): Findings {
  const { action, approval, stepUp, purpose } = rule;
  const isBlock = action === "block";
  const isForPrograms = isOnlyForPrograms(rule);
  const isForAll = isForPeopleAndPrograms(rule);
  const shutsOut = "Only people can do that: programs with tokens of their own, and the public, are refused";
  const nobody = "Only people can do that, and it is for programs or the public alone";
  return allOf([
    refuse(isBlock && stepUp !== undefined, "stepUp", "A rule that blocks asks for nothing"),
    refuse(isBlock && purpose !== undefined, "purpose", "A rule that blocks asks for nothing"),
    refuse(
      action !== "require_approval" && approval !== undefined,
      "approval",
      "Only a rule whose action is require_approval has somebody decide",
    ),
    refuse(
      action === "require_approval" && approval === undefined,
      "approval",
      "Nobody is named who may decide",
    ),
    refuse(isForPrograms && stepUp !== undefined, "stepUp", nobody),
    refuse(isForPrograms && purpose !== undefined, "purpose", nobody),
    warn(!isBlock && isForAll && stepUp !== undefined, "stepUp", shutsOut),
    warn(!isBlock && isForAll && purpose !== undefined, "purpose", shutsOut),
    refuse(
      stepUp?.methods?.length === 0,
      "stepUp.methods",
      "No method would ever do: leave it out to mean any",
    ),
    approval === undefined ? sound : approvalTerms(approval, rule),
  ]);
}

function approvalTerms(approval: ApprovalTerms, rule: RuleFields): Findings {
  const { self = false, groups = [], people = [] } = approval.deciders;
  const { expiresSeconds = defaultExpirySeconds, remindSeconds } = approval;
  const field = "approval.deciders";
  const isOne = !self && groups.length === 0 && people.length === 1;
  const [only = ""] = people;
  const isAlwaysAsker =
    isOne && rule.include.every((selector) => "email" in selector && selector.email === only);
  return allOf([
    refuse(!self && groups.length === 0 && people.length === 0, field, "Nobody may decide"),
    refuse(
      self && groups.length === 0 && people.length === 0 && isOnlyForPrograms(rule),
      field,
      "Whoever asks is to decide, and it is for programs or the public alone",
    ),
    refuse(isAlwaysAsker, field, `${only} is the only one who may decide, and the only one who ever asks`),
    warn(
      isOne && !isAlwaysAsker,
      field,
      `Nobody decides what ${only} asks for: a second person, or a group, could`,
    ),
    refuse(
      remindSeconds !== undefined && remindSeconds >= expiresSeconds,
      "approval.remindSeconds",
      "The request would have expired by then",
    ),
  ]);
}

/** Whether it says that it is for everyone, and nowhere that programs are none of them. */
function isForPeopleAndPrograms({ include, require, exclude }: RuleFields): boolean {
  return (
    include.some((selector) => facetOf(selector).kind === "everyone") &&
    require.every((selector) => callersOf(facetOf(selector)) === undefined) &&
    !exclude.some((selector) => "serviceToken" in selector && selector.serviceToken === "any")
  );
}

/** Whether no person ever fits. */
function isOnlyForPrograms({ include, require }: RuleFields): boolean {
  const isForNoPerson = (callers: ReturnType<typeof callersOf>) =>
    callers === "service" || callers === "public";
  const of = (selectors: RuleFields["include"]) =>
    selectors.map((selector) => isForNoPerson(callersOf(facetOf(selector))));
  return (include.length > 0 && of(include).every(Boolean)) || of(require).some(Boolean);
}
