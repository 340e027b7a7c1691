export {
  levelOf,
  levels,
  ruleActions,
  useClasses,
  type ApprovalTerms,
  type Attachment,
  type Deciders,
  type Level,
  type Purpose,
  type Rule,
  type RuleAction,
  type RuleFields,
  type StepUp,
  type UseClass,
} from "./rules/rule.ts";
export {
  days,
  selectorTimes,
  type ClaimSelector,
  type Day,
  type Selector,
  type SelectorKind,
  type SelectorTime,
  type SelectorValues,
  type TimeWindow,
} from "./rules/selector.ts";
export type { Caller, Certificate, ClaimValue, Connection, Place, Use } from "./facts/facts.ts";

export { outcomes, type Decision, type Demand, type LevelDecision, type Outcome } from "./decide/decision.ts";
export { compilePolicies } from "./decide/compile.ts";
export type { Judge, Policies } from "./decide/judge.ts";

export { explain } from "./explain/explain.ts";
export type { ExplainedRule, ExplainedSelector, Explanation } from "./explain/explanation.ts";
export { simulate } from "./simulate/simulate.ts";
export type { RecordedUse, SimulatedGroup, SimulationResult } from "./simulate/simulation.ts";
export { selectorProblem, selectorWords } from "./selectors/selectors.ts";
export type { Fit } from "./selectors/fit.ts";
export { ruleFields, rulePartSchemas, wholeRule } from "./rules/rule-schema.ts";
export { unusableIn, type Unusable } from "./rules/unusable.ts";
export { policyFaults } from "./faults.ts";
export { policyMigrations } from "./migrations.ts";
export {
  createPolicyStore,
  type PolicyStore,
  type PolicyStoreOptions,
  type RuleFilter,
  type SavedRule,
} from "./store/policy-store.ts";
export { createPolicyDirectory, type PolicyDirectory } from "./store/policy-directory.ts";
export type { NewRule, RuleChange, Said } from "./store/rule-change.ts";
export { assertClaimsKept, assertNotNamed } from "./store/naming-rules.ts";
export type { GroupName, ToolRename } from "./store/rename.ts";
export type {
  DirectoryName,
  KnownGroup,
  KnownLoginMethod,
  KnownPerson,
  KnownPortal,
  KnownTool,
  World,
} from "./soundness/world.ts";
export { createConnectionOf } from "./connection/connection-of.ts";
export { createCountries, type Countries } from "./connection/countries.ts";
export { createCheckedEvaluators } from "./evaluators/checked-evaluators.ts";
export { createEvaluatorStore, type EvaluatorStore } from "./evaluators/evaluator-store.ts";
export {
  evaluatorBounds,
  type Evaluator,
  type EvaluatorChange,
  type EvaluatorFields,
  type NewEvaluator,
} from "./evaluators/evaluator.ts";
export { createPostures, type Postures } from "./evaluators/postures.ts";
export { evaluationKeysPath } from "./evaluators/signing-key.ts";
