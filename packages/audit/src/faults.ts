import { defineFaults } from "@castellan/kernel";

/** What can go wrong with the record. A call whose record is not committed is not answered. */
export const auditFaults = defineFaults({
  audit_unavailable: {
    owner: "system",
    status: 503,
    retryable: true,
    help: "The record of the call could not be committed, so its answer is withheld. Look after the database; a call that writes may have taken effect.",
  },
  audit_overloaded: {
    owner: "system",
    status: 503,
    retryable: true,
    help: "More calls wait to be recorded than this replica holds. Send the request again later; add replicas or a faster database if it stays.",
  },
  audit_chain_broken: {
    owner: "system",
    status: 500,
    help: "Records were changed or removed outside of Castellan, so retention refuses to delete what would show it. Verify the audit log, keep a copy, then decide.",
  },
});
