import { setImmediate } from "node:timers/promises";
import { principalNames } from "@castellan/access";
import { definitionKinds, shownReviewStates, type DefinitionReview } from "@castellan/calls";
import { z } from "zod";
import { searchText, slug } from "../fields.ts";
import { pageOf, pageQuery, slicePage, toPage } from "../paging.ts";
import { defineRoute } from "../route.ts";
import { reviewSummary, shownDefinition, toReviewSummary, toShownDefinition } from "./shown-definition.ts";

/** Of all definitions of a page together, as they are and as they were: a server's may be a megabyte each. */
const maxPageLength = 1024 * 1024;

export const listDefinitions = defineRoute({
  id: "listDefinitions",
  method: "GET",
  path: "/servers/{slug}/definitions",
  summary: "List what a server offers, and what was decided about it, by kind and name",
  permission: "build",
  errors: ["server_unknown"],
  params: z.strictObject({ slug }),
  query: z.strictObject({
    ...pageQuery,
    review: z
      .enum([...shownReviewStates, "waiting"])
      .optional()
      .meta({ description: "Those in this state; `waiting`: new or changed" }),
    kind: z.enum(definitionKinds).optional(),
    q: searchText.optional().meta({ description: "Text anywhere in the definition" }),
  }),
  answer: pageOf(shownDefinition).extend(reviewSummary.shape),
  handler: async ({ params, query }, { reviews, database }) => {
    const all = await reviews.list(params.slug);
    const wanted = all.definitions.filter((definition) => isWanted(definition, query));
    const { items, next } = slicePage(wanted, keyOf, query);
    const short = atMost(maxPageLength, items);
    const last = short.at(-1);
    const names = await principalNames(database, [
      ...new Set(short.flatMap(({ decidedBy: by }) => by ?? [])),
    ]);
    const shown: z.input<typeof shownDefinition>[] = [];
    for (const review of short) {
      // What changed in a long one takes a while to find: others have their turn in between.
      await setImmediate();
      shown.push(toShownDefinition(review, names));
    }
    return {
      ...toReviewSummary(all),
      ...toPage(
        { items: shown, next: short.length < items.length && last ? keyOf(last) : next },
        (definition) => definition,
      ),
    };
  },
});

interface Wanted {
  readonly review?: string | undefined;
  readonly kind?: string | undefined;
  readonly q?: string | undefined;
}

function isWanted({ review, kind, name, text = "" }: DefinitionReview, wanted: Wanted): boolean {
  if (wanted.kind !== undefined && wanted.kind !== kind) return false;
  const isWaiting = review === "new" || review === "changed";
  if (wanted.review === "waiting" ? !isWaiting : (wanted.review ?? review) !== review) return false;
  const q = wanted.q?.toLowerCase();
  return q === undefined || `${name}\n${text}`.toLowerCase().includes(q);
}

function keyOf({ kind, name }: DefinitionReview): string {
  return `${kind} ${name}`;
}

/** The first of them, one at least. */
function atMost(length: number, items: readonly DefinitionReview[]): readonly DefinitionReview[] {
  let total = 0;
  const end = items.findIndex(({ text = "", approvedText = "" }) => {
    total += text.length + approvedText.length;
    return total > length;
  });
  return end < 0 ? items : items.slice(0, Math.max(1, end));
}
