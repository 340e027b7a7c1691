import { defineFaults } from "@castellan/kernel";

/** Failures of signing in. Their messages are read by people, on pages; none says whether an account exists. */
export const signInFaults = defineFaults({
  sign_in_failed: {
    owner: "caller",
    status: 403,
    help: "What was entered does not belong together: the e-mail address, the password or the code is wrong. Which of them is not told.",
  },
  sign_in_throttled: {
    owner: "caller",
    status: 429,
    retryable: true,
    help: "There were too many attempts that failed, with this account or from this address. Wait as long as Retry-After says; a passkey, or a link from an admin, works meanwhile.",
  },
  sign_in_busy: {
    owner: "system",
    status: 503,
    retryable: true,
    help: "Too many passwords are being checked at this moment. Try again after some seconds.",
  },
  sign_in_limited: {
    owner: "caller",
    status: 429,
    retryable: true,
    help: "Too many sign-ins by an identity provider were begun from this address. Wait as long as Retry-After says.",
  },
  passkey_refused: {
    owner: "caller",
    status: 403,
    help: "The passkey is not known here, was made for another site, or its answer came too late or twice. Load the page again and use it once more.",
  },
  passkey_taken: {
    owner: "caller",
    status: 409,
    help: "This passkey is kept already.",
  },
  too_many_passkeys: {
    owner: "caller",
    status: 409,
    help: "The account has as many passkeys as one may have. Remove one that is not used any more.",
  },
  passkey_not_found: {
    owner: "caller",
    status: 404,
    help: "The person has no passkey with this id.",
  },
  last_proof: {
    owner: "caller",
    status: 409,
    help: "It is the only way in that the person has left. Add another passkey, or a password, before this one is removed.",
  },
  welcome_link_dead: {
    owner: "caller",
    status: 410,
    help: "The link has been used, has expired, was replaced by a newer one, or never was one. Ask an admin for a new link.",
  },
  account_elsewhere: {
    owner: "caller",
    status: 403,
    help: "The account is good, but of the other directory: a customer's where the company's own people are asked for, or the other way round.",
  },
  account_not_local: {
    owner: "caller",
    status: 403,
    help: "The person comes by an identity provider and has no passkey or password here. An admin can open that way with a link.",
  },
  provider_unknown: {
    owner: "caller",
    status: 404,
    help: "No identity provider has this slug, or it is switched off.",
  },
  provider_taken: {
    owner: "caller",
    status: 409,
    help: "There is an identity provider with this slug already.",
  },
  sign_in_stale: {
    owner: "caller",
    status: 403,
    help: "Somebody came back from an identity provider with an answer that was not asked for in this browser, within ten minutes, or was used already. Begin to sign in again.",
  },
  sign_in_declined: {
    owner: "caller",
    status: 403,
    help: "The identity provider did not sign the person in, or they did not finish there.",
  },
  sign_in_not_fresh: {
    owner: "caller",
    status: 403,
    help: "A fresh proof was asked for, and the identity provider does not say (`auth_time`) that the person has just given one.",
  },
  provider_answer_invalid: {
    owner: "upstream",
    status: 502,
    help: "What the identity provider answered is not good: its ID token is of somebody else, for somebody else, expired or not signed with its key, or it refuses Castellan as its client. The log says which.",
  },
});
