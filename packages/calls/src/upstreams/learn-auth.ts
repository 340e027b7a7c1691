/** Finds out what `auto` means at a server: by its first 401, whoever gets it (2026-07-28, authorization, "Discovery"). */
import type { Owner, RequestCredentials, Target } from "@castellan/credentials";
import type { CallCredentials } from "../credentials/ports.ts";

/**
 * Credentials for a target that may turn out to ask for OAuth. Then `onLearned` is told, and the request fails as it
 * would have with that known: with `link_required` for a person, with `credentials_missing` for the house.
 */
export function learningCredentials(
  credentials: Pick<CallCredentials, "of" | "prepare" | "asksForOAuth">,
  target: Target,
  owner: Owner,
  onLearned: () => void,
): RequestCredentials {
  const own = credentials.of(target, owner);
  if (target.auth.kind !== "auto" || target.asksForOAuth) return own;
  return {
    headers: (request, signal) => own.headers(request, signal),
    async refused(refusal, sent, signal) {
      const { status, challenge } = refusal;
      if (status !== 401 || !(await credentials.asksForOAuth(target, challenge, signal)))
        return own.refused(refusal, sent, signal);
      onLearned();
      await credentials.prepare({ ...target, asksForOAuth: true }, owner, signal);
      // They have an account there already: the next request is sent with it.
      return "final";
    },
  };
}
