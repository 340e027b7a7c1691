import { defineFaults } from "@castellan/kernel";

/** Failures of the API's own; what the parts behind it raise passes through. */
export const apiFaults = defineFaults({
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
