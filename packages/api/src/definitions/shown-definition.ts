import {
  definitionKinds,
  differenceOf,
  shownReviewStates,
  toolClasses,
  type DefinitionReview,
  type ServerReviews,
} from "@castellan/calls";
import { z } from "zod";
import { isoTime } from "../fields.ts";

export const shownDefinition = z
  .object({
    kind: z.enum(definitionKinds),
    name: z
      .string()
      .describe(
        "What the server calls it: a name, a URI, or a URI template; of instructions the era that they are told in",
      ),
    publicName: z.string().optional().describe("What portals with prefixed names call it"),
    review: z.enum(shownReviewStates),
    fingerprint: z.string().describe("What a decision on it has to name"),
    class: z
      .enum(toolClasses)
      .optional()
      .describe("What it may do: as approved, or as it would be when approved without naming a class"),
    proposedClass: z.enum(toolClasses).optional().describe("As its annotations say"),
    renamedFrom: z.string().optional().describe("What a new one was called before, as far as can be told"),
    shadows: z
      .array(z.object({ server: z.string(), name: z.string() }))
      .describe("Tools of other servers that could be taken for this one"),
    /** Of a changed one, the first of them: what was approved, and what is listed. Hidden characters are shown. */
    changes: z.array(
      z.object({ path: z.string(), before: z.string().optional(), after: z.string().optional() }),
    ),
    changeCount: z.number(),
    difference: z.string().optional().describe("The same line by line"),
    definition: z
      .unknown()
      .optional()
      .describe("As it is listed; of one that is not, as it was approved, if that is known"),
    decidedAt: isoTime.optional(),
    decidedBy: z
      .string()
      .optional()
      .describe(
        "A person's or token's id; `auto-accept` where a setting did, `upgrade` where it was in use before there were reviews",
      ),
    decidedByName: z.string().optional().describe("What whoever is in `decidedBy` is called"),
  })
  .meta({ id: "ServerDefinition" });

/** `names`: of people and tokens, by their ids. */
export function toShownDefinition(
  review: DefinitionReview,
  names: ReadonlyMap<string, string>,
): z.input<typeof shownDefinition> {
  const { text, approvedText, shadows, ...shown } = review;
  const difference =
    text === undefined || approvedText === undefined ? undefined : differenceOf(approvedText, text);
  return {
    ...shown,
    decidedByName: names.get(review.decidedBy ?? ""),
    shadows: [...shadows],
    changes: [...(difference?.changes ?? [])],
    changeCount: difference?.changeCount ?? 0,
    difference: difference?.text,
    definition: text === undefined ? undefined : (JSON.parse(text) as unknown),
  };
}

/** How many there are in each state, and the fingerprint of all that the server lists. */
export const reviewSummary = z
  .object({
    fingerprint: z.string(),
    counts: z.object({
      approved: z.number(),
      accepted: z.number(),
      new: z.number(),
      changed: z.number(),
      rejected: z.number(),
      removed: z.number(),
    }),
  })
  .meta({ id: "ReviewSummary" });

export function toReviewSummary({ fingerprint, definitions }: ServerReviews): z.input<typeof reviewSummary> {
  const counts = { approved: 0, accepted: 0, new: 0, changed: 0, rejected: 0, removed: 0 };
  for (const { review } of definitions) counts[review]++;
  return { fingerprint, counts };
}
