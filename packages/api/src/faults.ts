import { defineFaults } from "@castellan/kernel";

/** Failures of the API's own; what the parts behind it raise passes through. */
export const apiFaults = defineFaults({
  admin_required: {
    owner: "caller",
    status: 403,
    help: "The token is good, but only an admin's may do this. Use a token with the role admin.",
  },
});
