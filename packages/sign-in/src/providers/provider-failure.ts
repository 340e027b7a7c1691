/** What went wrong with a provider: as the person who wanted to sign in is told it, and as its admin should know it. */
import { accessFaults } from "@castellan/access";
import { isFault, type Fault } from "@castellan/kernel";
import { AuthorizationResponseError } from "openid-client";
import { signInFaults } from "../faults.ts";
import type { Provider } from "./provider.ts";

/**
 * @param back where to begin again, for what they were signing in for
 *
 * Fault: `sign_in_declined`, `sign_in_not_fresh`, `issuer_unavailable`, `provider_answer_invalid`.
 */
export function toProviderFault(error: unknown, { title }: Pick<Provider, "title">, back: string): Fault {
  if (isFault(error, "sign_in_not_fresh")) return error;
  const options = { data: { back }, cause: error };
  const causes = [...causesOf(error)];
  if (causes.some((cause) => cause instanceof AuthorizationResponseError)) {
    const sentence = `${title} did not sign you in, or you did not finish there.`;
    return signInFaults.fault("sign_in_declined", sentence, options);
  }
  if (causes.some((cause) => isFault(cause) && cause.retryable)) {
    const sentence = `${title} does not answer at the moment. Try again later.`;
    return accessFaults.fault("issuer_unavailable", sentence, options);
  }
  const sentence = `What ${title} answered cannot be used. Try again; if it stays so, tell an admin.`;
  return signInFaults.fault("provider_answer_invalid", sentence, options);
}

/**
 * The same for a log: what went wrong, and why, in the words of who found out. What was answered is not in it: there are
 * codes, tokens and what is said of people in that.
 */
export function reasonOf(error: unknown): string {
  const words = [...causesOf(error)].map(({ message, ...more }) => {
    const { error: code } = more as { error?: unknown };
    return typeof code === "string" ? `${message} (${code.slice(0, 64)})` : message;
  });
  return words.slice(0, maxCauses).join(": ").slice(0, maxReasonLength);
}

const maxCauses = 6;
const maxReasonLength = 500;

function* causesOf(error: unknown): Generator<Error> {
  for (let at = error; at instanceof Error; at = at.cause) yield at;
}
