import { defineFaults } from "@castellan/kernel";

/** Failures of keeping rules, and of what they refuse. */
export const policyFaults = defineFaults({
  policy_denied: {
    owner: "caller",
    status: 403,
    help: "A rule of the company refuses this use, from here, now: the message and `data.rules` name it. Ask an admin, who can see why with `castellan policy test`.",
  },
  rule_not_found: { owner: "caller", status: 404, help: "No rule has this name." },
  rule_name_taken: { owner: "caller", status: 409, help: "Another rule has this name. Choose another one." },
  rule_without_effect: {
    owner: "caller",
    status: 422,
    help: "The rule could never do anything, or not what it says: `field` names the part, the message why. Nothing was saved.",
  },
  rule_refers: {
    owner: "caller",
    status: 409,
    help: "Rules name what is to be removed: `data.rules` lists them. Change or remove those rules first; what they say would otherwise mean something else.",
  },
  evaluator_not_found: { owner: "caller", status: 404, help: "No evaluator has this slug." },
  evaluator_taken: {
    owner: "caller",
    status: 409,
    help: "Another evaluator has this slug. Choose another one.",
  },
  evaluator_unfit: {
    owner: "caller",
    status: 422,
    help: "What is at the evaluator's `keysUrl` is no set of public keys that signatures can be checked with. Nothing was saved.",
  },
  evaluator_unavailable: {
    owner: "upstream",
    status: 502,
    retryable: true,
    help: "The evaluator's keys cannot be fetched. Nothing was saved.",
  },
  country_database_invalid: {
    owner: "system",
    status: 500,
    help: "The file of CASTELLAN_COUNTRY_DB cannot be read, or is no MMDB file that tells countries.",
  },
});
