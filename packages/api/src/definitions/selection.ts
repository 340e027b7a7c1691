import {
  definitionKinds,
  fingerprintRule,
  isFingerprint,
  toolClasses,
  type Selection,
} from "@castellan/calls";
import { z } from "zod";

const fingerprint = z.string().refine(isFingerprint, `must be ${fingerprintRule}`);

const selected = {
  kind: z.enum(definitionKinds),
  name: z.string().min(1).max(1024),
  /** Of the definition that was looked at. */
  fingerprint,
};

export const toReject = z.strictObject(selected);

export const toApprove = z
  .strictObject({
    ...selected,
    /** What the tool may do; absent: as its annotations say, or as it was approved before. */
    class: z.enum(toolClasses).optional(),
  })
  .refine(({ kind, class: given }) => given === undefined || kind === "tool", {
    path: ["class"],
    message: "is for tools only",
  });

/** Either `all` that waits, with the fingerprint of everything that the server lists, or `definitions` one by one. */
export function selectionOf<Entry extends typeof toReject | typeof toApprove>(entry: Entry) {
  return z
    .strictObject({
      all: z.literal(true).optional(),
      fingerprint: fingerprint.optional(),
      definitions: z.array(entry).min(1).max(1000).optional(),
    })
    .superRefine(({ all, fingerprint: ofAll, definitions }, context) => {
      const problem = (path: string, message: string) =>
        context.addIssue({ code: "custom", path: [path], message });
      if (!all && !definitions) problem("definitions", "is required, or all");
      if (all && definitions) problem("definitions", "is given beside all");
      if (all && ofAll === undefined) problem("fingerprint", "is required");
      if (!all && ofAll !== undefined) problem("fingerprint", "is for all only; each definition has its own");
      if (hasTwice(definitions ?? [])) problem("definitions", "must name each definition once");
    });
}

function hasTwice(definitions: readonly { readonly kind: string; readonly name: string }[]): boolean {
  return new Set(definitions.map(({ kind, name }) => `${kind} ${name}`)).size < definitions.length;
}

/** What the schema has accepted. */
export function toSelection({
  fingerprint: ofAll,
  definitions,
}: {
  readonly fingerprint?: string | undefined;
  readonly definitions?: Extract<Selection, { definitions: unknown }>["definitions"] | undefined;
}): Selection {
  return definitions ? { definitions } : { all: true, fingerprint: ofAll ?? "" };
}
