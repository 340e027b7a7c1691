import { defineFaults } from "@castellan/kernel";

/** What can go wrong between replicas. */
export const replicaFaults = defineFaults({
  replica_gone: {
    owner: "system",
    status: 503,
    retryable: true,
    help: "The replica that held this exchange has stopped, or has lost it. Begin the exchange again: another replica serves it.",
  },
  mail_overloaded: {
    owner: "system",
    status: 503,
    retryable: true,
    help: "More letters to another replica wait to be written than this one holds. Send the request again later; look at the database if it stays.",
  },
});
