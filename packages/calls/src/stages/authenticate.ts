import type { Authenticated, Received } from "../call.ts";
import { defineStage } from "./stage.ts";

/** Without a valid token nothing of the request is read, unless the portal takes callers without one. */
export const authenticate = defineStage<Received, Authenticated>({
  name: "authenticate",
  owner: "access",
  does: "bearer token, or none where a portal takes the public → principal",
  run(call, { authenticate }) {
    const principal = authenticate(call);
    return principal instanceof Promise ? principal.then(toFact) : toFact(principal);
  },
});

function toFact(principal: Authenticated["principal"]): Authenticated {
  return { principal };
}
