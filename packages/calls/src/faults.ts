import { defineFaults } from "@castellan/kernel";

/** Failures on the way of a call, and of what is registered for it. */
export const callFaults = defineFaults({
  portal_unknown: {
    owner: "caller",
    status: 404,
    help: "There is no portal at this address, or the caller was not given it; the two look the same on purpose.",
  },
  tool_unknown: {
    owner: "caller",
    status: 404,
    help: "The portal offers the caller no tool of this name (to clients of this protocol era).",
  },
  prompt_unknown: {
    owner: "caller",
    status: 404,
    help: "The portal offers the caller no prompt of this name (to clients of this protocol era).",
  },
  resource_unknown: {
    owner: "caller",
    status: 404,
    help: "No server of the portal is known to hold this resource.",
  },
  task_unknown: {
    owner: "caller",
    status: 404,
    help: "No server of the portal works on a task of this id for this caller.",
  },
  access_withdrawn: {
    owner: "caller",
    status: 403,
    help: "While the call was under way, what it needs was taken away from the caller, and it was cancelled at the server. Whether it was carried out is not known.",
  },
  account_changed: {
    owner: "caller",
    status: 409,
    retryable: true,
    help: "While the call was on its way, its caller came to have another account at the server, or none: the call was not made with either. Send it again.",
  },
  server_changed: {
    owner: "caller",
    status: 409,
    retryable: true,
    help: "While the call waited for a person, an admin changed how its server is reached, or removed it: the call was meant for the server as it was, and was not made. Send it again.",
  },
  client_feature_denied: {
    owner: "upstream",
    status: 502,
    help: "The server wanted something of the client (a form, a page, its model, its folders) that its registration does not allow. An admin allows it with clientFeatures.",
  },
  client_unanswered: {
    owner: "caller",
    status: 408,
    retryable: true,
    help: "The client could not be asked, did not answer, or answered with an error, what the server asked in the course of the call.",
  },
  request_state_invalid: {
    owner: "caller",
    status: 400,
    help: "The `requestState` of a retry is not the one that was given for this request, was used already, or is too old. Send the request again without it.",
  },
  exchange_lost: {
    owner: "system",
    status: 503,
    retryable: true,
    help: "The replica that held the exchange has stopped, or lost its place among the others. What it waited for is gone: make the call again.",
  },
  calls_limited: {
    owner: "caller",
    status: 429,
    retryable: true,
    help: "Too many calls are under way: of this caller at the server or of portals' own tools, or, where an admin has set `concurrency`, of whoever the message names; `data.limit` says whose limit it is. Wait for one to end, or cancel one.",
  },
  rate_limited: {
    owner: "caller",
    status: 429,
    retryable: true,
    help: "As many calls have begun in the last minute as an admin allows (`callsPerMinute`). `data.limit` says whose limit it is (`person`, `server` or `tool`), `data.retryAfterMs` when there is room again, and so does the header `Retry-After`.",
  },
  call_timed_out: {
    owner: "upstream",
    status: 504,
    retryable: true,
    help: "The call took longer than an admin allows (`timeoutSeconds` of the server or the tool), and was cancelled at the server. Whether it was carried out is not known.",
  },
  server_circuit_open: {
    owner: "upstream",
    status: 502,
    retryable: true,
    help: "The last calls to the server found nobody, so it is not asked at present; one call after `data.retryAfterMs` finds out whether it is there again.",
  },
  server_credentials_moved: {
    owner: "system",
    status: 500,
    help: "The server's address (or authorization server) is not the one that its headers or secrets were given for, so they are not sent. Give them anew.",
  },
  server_headers_required: {
    owner: "caller",
    status: 409,
    help: "Stored header values were given for another origin, or cannot be read any more, so they are not carried over: give each header that the message names anew, or null to take it away.",
  },
  server_secrets_required: {
    owner: "caller",
    status: 409,
    help: "Stored secrets of the server's auth were given for another origin or another authorization server, or cannot be read any more, so they are not carried over: give each secret that the message names anew, or another auth.",
  },
  definition_unknown: {
    owner: "caller",
    status: 404,
    help: "The server lists nothing of this kind and name.",
  },
  definition_changed: {
    owner: "caller",
    status: 409,
    help: "A definition is not, or no longer, what its fingerprint says; nothing was decided. Look at the definitions again, and decide on those.",
  },
  server_unknown: {
    owner: "caller",
    status: 404,
    help: "No server is registered under this slug.",
  },
  server_slug_taken: {
    owner: "caller",
    status: 409,
    help: "Another server is registered under this slug. A slug never changes; it is free again when what it names is removed.",
  },
});
