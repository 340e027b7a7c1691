/** What a caller is told who gets no token. */
import type { Fault } from "@castellan/kernel";
import { credentialFaults } from "../faults.ts";
import type { Subject } from "../identity/claims.ts";
import type { TokenOutcome } from "../oauth/tokens.ts";
import type { Target } from "../target.ts";

/** `data: { server, retryAt }`, an ISO time: the same is not tried again before. */
export function grantFault(
  outcome: Exclude<TokenOutcome, { kind: "granted" }>,
  told: { readonly target: Target; readonly subject: Subject | undefined; readonly retryAtMs: number },
): Fault {
  const { target, subject, retryAtMs } = told;
  const options = { data: { server: target.slug, retryAt: new Date(retryAtMs).toISOString() } };
  const tell = (code: keyof typeof credentialFaults.specs) =>
    credentialFaults.fault(code, `${target.title}: ${outcome.message}`, options);
  if (outcome.kind === "failed") return tell(outcome.code);
  if (outcome.kind === "client_refused") return tell("upstream_client_refused");
  const isOfSomebody =
    subject !== undefined && subject.kind !== "house" && target.auth.kind !== "client_credentials";
  return tell(isOfSomebody ? "identity_refused" : "credentials_missing");
}
