import { defineFaults } from "@castellan/kernel";

/** Failures of keeping webhooks. That a notice did not arrive is told in its state, to nobody's call. */
export const noticeFaults = defineFaults({
  webhook_not_found: { owner: "caller", status: 404, help: "No webhook has this name." },
  webhook_name_taken: {
    owner: "caller",
    status: 409,
    help: "Another webhook has this name. Choose another one.",
  },
});
