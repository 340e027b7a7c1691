/** Compares what the suite saw with what is known to be impossible. */
import type { Check, Outcome } from "./run.ts";

/** A failure that no implementation could avoid. */
export interface ExpectedFailure {
  readonly scenario: string;
  /** The id of the check; the whole scenario where it is left out. */
  readonly check?: string;
  /** The sentence of the specification that makes it impossible, as it stands there. */
  readonly because: string;
  /** Where it stands. */
  readonly source: string;
  /** How the one follows from the other. */
  readonly so: string;
}

export interface Verdict {
  /** `scenario:check: what the suite says`, a warning like a failure, for each one that was not expected. */
  readonly failed: readonly string[];
  /** `scenario[:check]` of expected failures that do not fail. */
  readonly stale: readonly string[];
  /** Scenarios of which the suite tells nothing. */
  readonly missing: readonly string[];
}

export const clean: Verdict = { failed: [], stale: [], missing: [] };

export function judge(
  outcome: Outcome,
  scenarios: readonly string[],
  expected: readonly ExpectedFailure[] = [],
): Verdict {
  const failures = scenarios.flatMap((scenario) =>
    (outcome.get(scenario) ?? []).filter(isFailure).map((check) => ({ scenario, check })),
  );
  const covers = (entry: ExpectedFailure, scenario: string, { id }: Check) =>
    entry.scenario === scenario && (entry.check === undefined || entry.check === id);
  return {
    failed: failures
      .filter(({ scenario, check }) => !expected.some((entry) => covers(entry, scenario, check)))
      .map(({ scenario, check }) => `${scenario}:${check.id}: ${check.errorMessage ?? check.status}`),
    stale: expected
      .filter((entry) => !failures.some(({ scenario, check }) => covers(entry, scenario, check)))
      .map(({ scenario, check }) => (check === undefined ? scenario : `${scenario}:${check}`)),
    missing: scenarios.filter((scenario) => !outcome.get(scenario)?.length),
  };
}

function isFailure({ status }: Check): boolean {
  return status === "FAILURE" || status === "WARNING";
}
