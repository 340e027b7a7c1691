/** What was found wrong with a rule, and what an admin should know of one that is sound. */
export interface Problem {
  /** Where: `include[0].email`. */
  readonly field: string;
  /** A sentence. */
  readonly reason: string;
}

export interface Findings {
  /** Why it could never do anything, or not what it says. */
  readonly problems: readonly Problem[];
  /** What may be meant so. */
  readonly warnings: readonly Problem[];
}

export const sound: Findings = { problems: [], warnings: [] };

/** One problem, where the condition holds. */
export function refuse(isWrong: boolean, field: string, reason: string): Findings {
  return isWrong ? { problems: [{ field, reason }], warnings: [] } : sound;
}

/** One warning, where the condition holds. */
export function warn(isOdd: boolean, field: string, reason: string): Findings {
  return isOdd ? { problems: [], warnings: [{ field, reason }] } : sound;
}

export function allOf(findings: readonly Findings[]): Findings {
  return {
    problems: findings.flatMap(({ problems }) => problems),
    warnings: findings.flatMap(({ warnings }) => warnings),
  };
}
