/** A way to tokens that needs nobody's sign-in. Each kind is a file. */
import { isFault } from "@castellan/kernel";
import type { Subject } from "../identity/claims.ts";
import type { FailureCode, TokenOutcome } from "../oauth/tokens.ts";
import type { Target } from "../target.ts";

export interface Grant {
  /**
   * Whose token it is: equal for owners who may use the same one. It names all that the token says, so that whoever changes
   * gets another one.
   */
  holderOf(target: Target, subject: Subject | undefined): string;
  /** `subject` undefined: whoever has no name. Never throws but `cancelled`. */
  get(target: Target, subject: Subject | undefined, signal: AbortSignal): Promise<TokenOutcome>;
}

/** What was thrown ahead of the token request, as an outcome; anything but a failure of the other side is thrown again. */
export async function outcomeOf(get: () => Promise<TokenOutcome>): Promise<TokenOutcome> {
  try {
    return await get();
  } catch (error) {
    if (!isFault(error) || !isFailureCode(error.code)) throw error;
    return { kind: "failed", code: error.code, message: error.message, retryAfterMs: undefined };
  }
}

const failureCodes: readonly string[] = [
  "credentials_unavailable",
  "upstream_auth_unsupported",
  "upstream_auth_invalid",
] satisfies FailureCode[];

function isFailureCode(code: string): code is FailureCode {
  return failureCodes.includes(code);
}
