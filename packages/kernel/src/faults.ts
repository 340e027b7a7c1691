import { defineFaults } from "./fault.ts";

/** Failures that any package may raise. */
export const kernelFaults = defineFaults({
  internal_error: {
    owner: "system",
    status: 500,
    help: "A defect in Castellan. The answer carries a request id: look for it in the server's log.",
  },
  invalid_input: {
    owner: "caller",
    status: 400,
    help: "A field of the input has a value that is not allowed; the message names the field and the reason.",
  },
  version_stale: {
    owner: "caller",
    status: 412,
    help: "Somebody changed the resource since the version that `If-Match` names. Read it again, look at what is different, and change that.",
  },
  cancelled: {
    owner: "caller",
    status: 499,
    help: "The caller went away or cancelled before there was an answer.",
  },
  shutting_down: {
    owner: "system",
    status: 503,
    retryable: true,
    help: "This replica is stopping and takes no new work; send the request again.",
  },
});
