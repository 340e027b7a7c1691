import { defineFaults } from "@castellan/kernel";

/** Failures of authentication and of keeping service tokens. None of their messages repeats what was sent. */
export const accessFaults = defineFaults({
  token_missing: {
    owner: "caller",
    status: 401,
    help: "The request carries no bearer token. Send `Authorization: Bearer <token>`.",
  },
  token_invalid: {
    owner: "caller",
    status: 401,
    help: "The token is malformed, unknown or revoked; which of these is not told. Ask an admin for a new one.",
  },
  token_expired: {
    owner: "caller",
    status: 401,
    help: "The token was good until the time it was made for. Ask an admin for a new one.",
  },
  token_name_taken: {
    owner: "caller",
    status: 409,
    help: "A living token has this name already. Choose another name, or revoke that token first.",
  },
  token_not_found: {
    owner: "caller",
    status: 404,
    help: "No token has this id.",
  },
  token_check_unavailable: {
    owner: "system",
    status: 503,
    retryable: true,
    help: "The token could not be looked up: the database does not answer, or too many unknown tokens are being tried. Send the request again.",
  },
  replica_stale: {
    owner: "system",
    status: 503,
    retryable: true,
    help: "This replica has not been able to read changes for some seconds, so it cannot know which tokens were revoked and lets nobody in. Send the request again; it may reach another replica.",
  },
});
