/** What plans and applications of a document have in common: what goes in, and what comes out. */
import { configurationDocument, resourceKinds, type ResourceChange } from "@castellan/configuration";
import { z } from "zod";

/** A document of 500 servers with approvals is about two megabytes. */
export const maxDocumentBytes = 16 * 1024 * 1024;

const maxSecrets = 2_000;
/** Longer than any header. */
const maxSecretLength = 16_384;

export const wanted = {
  document: configurationDocument.meta({ id: "ConfigurationDocument" }),
  secrets: z
    .record(z.string().max(2_048), z.string().max(maxSecretLength))
    .refine((all) => Object.keys(all).length <= maxSecrets, `must have at most ${maxSecrets} entries`)
    .default({})
    .meta({
      description:
        "By the references in the document: `env:TOKEN`. One that is absent is kept, if it is stored from the same place",
    }),
  prune: z
    .boolean()
    .default(false)
    .meta({ description: "Remove what the same file made and no longer names" }),
  adopt: z.boolean().default(false).meta({ description: "Take over what people or other files made" }),
};

export const planErrors = [
  "resource_not_managed",
  "resource_in_use",
  "field_unchangeable",
  "secret_missing",
  "secret_invalid",
  "server_unknown",
  "portal_not_found",
  "outbound_refused",
  "outbound_policy_invalid",
  "rule_without_effect",
];

const fieldChange = z.object({
  path: z.string().meta({ description: "Below the resource: `limits.concurrency`" }),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  secret: z.literal("changed").optional().meta({ description: "A secret is another one; it is not told" }),
});

export const changes = z.array(
  z.object({
    kind: z.enum(resourceKinds),
    slug: z.string().meta({ description: "Or id; of a group directory and name: `workforce Editors`" }),
    action: z.enum(["create", "update", "remove"]),
    fields: z.array(fieldChange),
  }),
);

export function shownChanges(all: readonly ResourceChange[]): z.input<typeof changes> {
  return all.map((change) => ({ ...change, fields: [...change.fields] }));
}
