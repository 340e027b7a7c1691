/** This installation's own token, the same for whoever calls (RFC 6749 §4.4). */
import type { OAuth } from "../oauth/oauth.ts";
import type { Grant } from "./grant.ts";

export function clientCredentialsGrant(oauth: Pick<OAuth, "clientCredentials">): Grant {
  return {
    holderOf: () => "installation",
    get: (target, _subject, signal) => oauth.clientCredentials(target, signal),
  };
}
