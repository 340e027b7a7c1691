import { defineFaults } from "@castellan/kernel";

export const oauthFaults = defineFaults({
  authorization_request_gone: {
    owner: "caller",
    status: 410,
    help: "This question was asked in another browser, has been answered, or is more than an hour old. Go back to the program that asked, and connect again.",
  },
  authorization_target_settled: {
    owner: "caller",
    status: 409,
    help: "It has been said for another portal what this client asks for. Go back to the program that asked, and connect again.",
  },
  authorization_limited: {
    owner: "caller",
    status: 429,
    retryable: true,
    help: "Too many programs were sent here from this address to be let in. Wait a minute, and connect again.",
  },
  client_not_found: {
    owner: "caller",
    status: 404,
    help: "There is no client with this id: it never was, was removed, or was not used for 90 days.",
  },
  client_not_registered: {
    owner: "caller",
    status: 409,
    help: "This client described itself, so it cannot be changed here. It can be removed, or one can be made in its place.",
  },
  client_has_no_secret: {
    owner: "caller",
    status: 409,
    help: "This client proves who it is without a secret, so there is none to rotate.",
  },
  client_metadata_invalid: {
    owner: "caller",
    status: 400,
    help: "What a client says of itself is not usable; the message names the field and the reason. To clients: `invalid_client_metadata` (RFC 7591 §3.2.2).",
  },
  redirect_uri_invalid: {
    owner: "caller",
    status: 400,
    help: "A redirect URI that a client brings is not one, or is none that the administrator permits; the message says which and why. To clients: `invalid_redirect_uri` (RFC 7591 §3.2.2).",
  },
  registration_closed: {
    owner: "caller",
    status: 403,
    help: "Clients cannot register themselves here (`CASTELLAN_CLIENT_REGISTRATION`). Ask an admin to register the client.",
  },
  registration_limited: {
    owner: "caller",
    status: 429,
    retryable: true,
    help: "Too many clients have registered lately, from this address or from all. Wait as long as Retry-After says.",
  },
  client_document_invalid: {
    owner: "caller",
    status: 400,
    help: "The document at the URL that is the client's id cannot be used; the message says why. Its author has to mend it.",
  },
  client_document_unavailable: {
    owner: "upstream",
    status: 503,
    retryable: true,
    help: "The document at the URL that is the client's id could not be read now. Try again later.",
  },
});
