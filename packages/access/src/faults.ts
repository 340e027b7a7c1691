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
  insufficient_scope: {
    owner: "caller",
    status: 403,
    help: "The caller may do this, but the token was not given it: `data.scope` (and `WWW-Authenticate`) says what to ask for. Send the person through the authorization again, with these scopes beside those that the token has.",
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
  token_ended: {
    owner: "caller",
    status: 409,
    help: "The token was revoked or has expired, and stays so. Make another one.",
  },
  token_rotating: {
    owner: "caller",
    status: 409,
    help: "The token was rotated, and the secret before is still good: one more would end one of them early. Wait until the time that is told, or rotate with an overlap of 0 seconds: then only the newest is good.",
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
  permission_required: {
    owner: "caller",
    status: 403,
    help: "The token is good, but the role of its holder does not allow this; the message says what is needed. Ask an admin, or an owner where it is about owners and admins.",
  },
  user_not_found: {
    owner: "caller",
    status: 404,
    help: "No person has this id, or none in the directory that is meant.",
  },
  email_taken: {
    owner: "caller",
    status: 409,
    help: "Somebody in the directory has this e-mail address already.",
  },
  last_owner: {
    owner: "caller",
    status: 409,
    help: "Without its last active owner nobody could appoint another. Make somebody else an owner first.",
  },
  group_not_found: {
    owner: "caller",
    status: 404,
    help: "No group has this id, or none of the directory has this name.",
  },
  group_name_taken: {
    owner: "caller",
    status: 409,
    help: "A group of the directory has this name already.",
  },
  sign_in_not_found: {
    owner: "caller",
    status: 404,
    help: "No sign-in session has this id.",
  },
  grant_not_found: {
    owner: "caller",
    status: 404,
    help: "No grant has this id.",
  },
  account_unknown: {
    owner: "caller",
    status: 403,
    help: "The provider says who this is, but nobody here is meant by it and it may not make new accounts. An admin adds the person, or lets the provider link or create accounts.",
  },
  account_suspended: {
    owner: "caller",
    status: 403,
    help: "The person is suspended and is let in nowhere. An admin can make them active again.",
  },
  claims_refused: {
    owner: "caller",
    status: 403,
    help: "An identity provider has proved who somebody is, but what it says of them does not let them in; the message says what is missing. An admin of the provider, or of Castellan, can change that.",
  },
  issuer_unfit: {
    owner: "caller",
    status: 400,
    help: "The issuer of an identity provider or trusted issuer answers, but not as one that can be used: the message says what is wrong. Its URL must be written as it calls itself, to the letter.",
  },
  issuer_unavailable: {
    owner: "upstream",
    status: 502,
    retryable: true,
    help: "The issuer of an identity provider or trusted issuer does not answer, or answers with a failure of its own. Try again later.",
  },
  trusted_issuer_unknown: {
    owner: "caller",
    status: 404,
    help: "No trusted issuer has this slug.",
  },
  trusted_issuer_taken: {
    owner: "caller",
    status: 409,
    help: "There is a trusted issuer with this slug already, or one with the same issuer and audience; the message says which.",
  },
});
