import type { Authenticated, Received } from "../call.ts";
import { defineStage } from "./stage.ts";

/** No anonymous use: without a valid token nothing of the request is read. */
export const authenticate = defineStage<Received, Authenticated>({
  name: "authenticate",
  owner: "access",
  does: "bearer token → principal",
  run(call, { authenticate }) {
    const principal = authenticate(call.authorization);
    return principal instanceof Promise ? principal.then(toFact) : toFact(principal);
  },
});

function toFact(principal: Authenticated["principal"]): Authenticated {
  return { principal };
}
