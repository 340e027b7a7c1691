import { defineFaults } from "@castellan/kernel";

/** Failures of the API's own; what the parts behind it raise passes through. */
export const apiFaults = defineFaults({
  person_wanted: {
    owner: "caller",
    status: 403,
    help: "Only a person can sign in at a server, in a browser: send a token that a person let a client have, not a program's.",
  },
  account_not_taken: {
    owner: "caller",
    status: 409,
    help: "The server takes no account of this sort: its `auth` is of another kind. With `auto` it takes them once it was read and asked for OAuth.",
  },
  idempotency_key_reused: {
    owner: "caller",
    status: 422,
    help: "The `Idempotency-Key` was sent within the last 24 hours, with another request. Make a new key for each request.",
  },
  idempotency_in_progress: {
    owner: "caller",
    status: 409,
    retryable: true,
    help: "The first request with this `Idempotency-Key` is still being worked on. Wait as long as Retry-After says and send it again: the answer will be the first one's.",
  },
});
