import { defineFaults } from "@castellan/kernel";
import type { ApprovalState } from "./approval.ts";

/** Failures of asking people and of deciding. */
export const approvalFaults = defineFaults({
  approval_required: {
    owner: "caller",
    status: 403,
    help: "The call waits for a person: `data.url` is the page on which it is decided, or the asker proves who they are or says what for. Send the same call again afterwards.",
  },
  approval_rejected: {
    owner: "caller",
    status: 403,
    help: "Somebody who may decide said no. `data.approvalId` names the request.",
  },
  approval_expired: {
    owner: "caller",
    status: 403,
    help: "Nobody decided in time. Send the call again to ask anew.",
  },
  approval_withdrawn: {
    owner: "caller",
    status: 403,
    help: "Whoever asked took the request back, or their client declined to open its page. Send the call again to ask anew.",
  },
  approval_not_found: {
    owner: "caller",
    status: 404,
    help: "There is no such request, or it is not for you to see.",
  },
  approval_settled: {
    owner: "caller",
    status: 409,
    help: "The request was decided, used, withdrawn or has expired already: a decision counts once.",
  },
  approval_not_yours: {
    owner: "caller",
    status: 403,
    help: "You may see this request, and not do this with it: the rule has others decide, or you asked for it yourself; only who asked takes it back.",
  },
  approval_proof_insufficient: {
    owner: "caller",
    status: 403,
    help: "The rule wants to know anew who you are: with a second factor or a passkey, or by a way that it names, and lately. Sign in again in that way.",
  },
  approval_too_large: {
    owner: "caller",
    status: 413,
    help: "The arguments of the call are longer than what a person is asked to judge. Send less at once.",
  },
  approvals_limited: {
    owner: "caller",
    status: 429,
    retryable: true,
    help: "This caller has as many requests waiting as one may have, or as many of the last hour that were refused, taken back or not decided. Withdraw those that wait, or wait an hour.",
  },
});

export function unknownApproval(): Error {
  return approvalFaults.fault("approval_not_found", "There is no request with this id for you to see");
}

/** For a step that comes too late; `pending`: it was this person's to take, and somebody took it. */
export function settledAlready({ state }: { readonly state: ApprovalState }): Error {
  const message =
    state === "pending" ? "This part of the request is done already" : `The request is ${state} already`;
  return approvalFaults.fault("approval_settled", message, { data: { state } });
}
