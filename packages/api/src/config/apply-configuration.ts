import { isPermitted } from "@castellan/access";
import { z } from "zod";
import { defineRoute } from "../route.ts";
import { changes, maxDocumentBytes, planErrors, shownChanges, wanted } from "./wanted.ts";

/** All of it is done, or nothing. Applied twice it is applied once. The syncs go on after the answer. */
export const applyConfiguration = defineRoute({
  id: "applyConfiguration",
  method: "POST",
  path: "/config/apply",
  summary:
    "Make an installation what a configuration document says; providers and trusted issuers only an owner changes",
  permission: "manage",
  errors: [
    ...planErrors,
    "version_stale",
    "hostname_taken",
    "trusted_issuer_unknown",
    "trusted_issuer_taken",
    "client_not_registered",
    "alias_taken",
    "rule_refers",
  ],
  maxBodyBytes: maxDocumentBytes,
  body: z.strictObject({
    ...wanted,
    basis: z
      .string()
      .max(128)
      .optional()
      .meta({ description: "Of a plan: nothing is done if it has moved since" }),
  }),
  answer: z.object({
    changes,
    syncing: z.array(z.string()).meta({ description: "Servers whose lists are being read" }),
  }),
  handler: async (
    { body: { document, ...how }, principal },
    { configuration, changes: feed, requestSync },
  ) => {
    const applied = await configuration.apply(document, {
      ...how,
      by: principal.id,
      isOwner: isPermitted(principal.role, "own"),
    });
    // The catalog knows new servers from here on.
    await feed.flush();
    for (const { id } of applied.toSync) requestSync(id);
    return { changes: shownChanges(applied.changes), syncing: applied.toSync.map(({ slug }) => slug) };
  },
});
