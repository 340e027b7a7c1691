import { defineFaults } from "@castellan/kernel";

/** Failures of authorizing requests to upstreams. */
export const credentialFaults = defineFaults({
  link_required: {
    owner: "caller",
    status: 403,
    help: "The server wants you to sign in there with an account of your own, or once more, or for more: `data.url` is the page for it. Send the same call again afterwards.",
  },
  link_declined: {
    owner: "caller",
    status: 403,
    help: "You, or your client for you, declined to sign in at the server. Send the call again to be asked anew.",
  },
  link_not_found: {
    owner: "caller",
    status: 404,
    help: "There is no such request to sign in, or it was made for somebody else: a link is good for whoever set it off only.",
  },
  link_expired: {
    owner: "caller",
    status: 410,
    help: "The page was not used in time, or was used already. Begin again from your client or from the list of your servers.",
  },
  links_limited: {
    owner: "caller",
    status: 429,
    retryable: true,
    help: "You have as many requests to sign in open as one may have. Finish or decline some.",
  },
  link_refused: {
    owner: "upstream",
    status: 502,
    help: "The server's authorization server refused the sign-in; the message has its own words for it.",
  },
  account_not_found: {
    owner: "caller",
    status: 404,
    help: "There is no such linked account, or it is not yours to see.",
  },
  credentials_person_only: {
    owner: "caller",
    status: 403,
    help: "The server is used with each person's own account, and this caller is no person. An admin can let programs use the shared sign-in (`auth.programs`).",
  },
  credentials_missing: {
    owner: "system",
    status: 503,
    help: "The server is to be called with credentials that no admin has given yet, or that were refused for good: an admin signs in for it, or gives a new secret.",
  },
  credentials_unavailable: {
    owner: "upstream",
    status: 502,
    retryable: true,
    help: "The server's authorization server could not be reached or failed, and what was there has expired. It is tried again by itself.",
  },
  upstream_auth_unsupported: {
    owner: "upstream",
    status: 502,
    help: "The server wants to be authorized in a way that cannot be met: no metadata, no S256, no way to be its client; the message says what is missing. An admin can register a client by hand (`auth.client`).",
  },
  upstream_auth_invalid: {
    owner: "upstream",
    status: 502,
    help: "What the server, or its authorization server, says of itself contradicts itself (issuer, resource, state): nothing is sent there.",
  },
  upstream_client_refused: {
    owner: "upstream",
    status: 502,
    help: "The authorization server does not know this installation's client any more, or refuses its secret. An admin gives a new one; a registration of our own is made anew by the next sign-in.",
  },
  identity_refused: {
    owner: "upstream",
    status: 502,
    help: "The server's authorization server gives no token for this person or program, although it was told who they are: they are not known or not allowed there. Whoever runs that server can change it.",
  },
});
