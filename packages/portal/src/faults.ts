import { defineFaults } from "@castellan/kernel";

/** Failures of portals as things that an admin makes. */
export const portalFaults = defineFaults({
  streams_limited: {
    owner: "caller",
    status: 429,
    retryable: true,
    help: "The caller has too many streams open (GET and subscriptions/listen together); close one first.",
  },
  subscriptions_limited: {
    owner: "caller",
    status: 429,
    help: "The session has subscribed to as many resources as one may; unsubscribe from one first.",
  },
  portal_not_found: {
    owner: "caller",
    status: 404,
    help: "No portal is registered under this slug.",
  },
  portal_slug_taken: {
    owner: "caller",
    status: 409,
    help: "Another portal is registered under this slug. A slug never changes; it is free again when what it names is removed.",
  },
  portal_server_not_listed: {
    owner: "caller",
    status: 404,
    help: "The server is not in the portal.",
  },
  alias_taken: {
    owner: "caller",
    status: 409,
    help: "Something else in the portal has the name that the alias would give: another alias, or a definition that a server lists. The message names both; choose another alias, or switch the other one off.",
  },
  // Not 403: clients take that for a matter of signing in, and show nothing of what is said with it.
  codemode_forbidden: {
    owner: "caller",
    status: 400,
    help: "The portal does not allow Code Mode: `codemode` is to be left out of its address.",
  },
  hostname_taken: {
    owner: "caller",
    status: 409,
    help: "The host name is another portal's, or the installation's own.",
  },
});
