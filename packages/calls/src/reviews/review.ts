/** A server's definitions as whoever decides on them sees them. */
import type { Definition, DefinitionKind, ReviewState, ToolClass } from "../catalog/definition.ts";
import { proposeClass } from "../catalog/tool-class.ts";
import { classBefore } from "./approve.ts";
import { approvedFingerprint, autoAccepted } from "./decision.ts";
import { toKey, type DefinitionKey, type StoredDecision } from "./decisions.ts";
import { unlistedApprovals, type ReviewPicture } from "./picture.ts";

export interface ServerReviews {
  /** Of all that is listed: what `Selection` means by all. Moves when any of it does. */
  readonly fingerprint: string;
  /** What is listed, in the server's order; then what is approved and not listed, by kind and name. */
  readonly definitions: readonly DefinitionReview[];
}

/** `removed`: approved, and not listed: any more, or yet. */
export const shownReviewStates = ["approved", "accepted", "new", "changed", "rejected", "removed"] as const;
export type ShownReviewState = ReviewState | "removed";

export interface DefinitionReview extends DefinitionKey {
  /** Absent where it is not listed. */
  readonly publicName: string | undefined;
  readonly review: ShownReviewState;
  readonly fingerprint: string;
  /** In force, or as it would be when approved without naming one. */
  readonly class: ToolClass | undefined;
  /** As its annotations say. */
  readonly proposedClass: ToolClass | undefined;
  /** As it is listed; of what is not listed as it was approved, if that is known. */
  readonly text: string | undefined;
  /** As it was approved, of a changed one; absent where only its fingerprint is known. */
  readonly approvedText: string | undefined;
  /** What a new one was called before, as far as can be told. */
  readonly renamedFrom: string | undefined;
  /** Tools of other servers that people and models could take for this one. */
  readonly shadows: readonly Shadow[];
  /** When what it is now was decided on, and by whom. */
  readonly decidedAt: Date | undefined;
  readonly decidedBy: string | undefined;
}

export interface Shadow {
  /** Slug of the other server. */
  readonly server: string;
  /** What that calls its tool. */
  readonly name: string;
}

/** What a person has approved under a name. */
export interface Approval extends DefinitionKey {
  readonly fingerprint: string;
  /** Absent: as its annotations say. */
  readonly class?: ToolClass | undefined;
}

/**
 * What people have approved, listed or not, by kind and name. What a setting accepted counts among it once that
 * setting (`autoAccept`) no longer stands: whoever took the setting back kept it.
 */
export function personApprovals(
  { decisions }: ReviewPicture,
  autoAccept: readonly DefinitionKind[],
): Approval[] {
  return [...decisions.values()].flatMap((row): Approval[] => {
    const { kind, name } = row;
    const fingerprint = approvedFingerprint(kind, row);
    if (fingerprint === undefined) return [];
    if (row.approved_by === autoAccepted && autoAccept.includes(kind)) return [];
    return [{ kind, name, fingerprint, ...(row.class !== null && { class: row.class }) }];
  });
}

/** `renames` and `shadows` by `toKey`. */
export function toReviews(
  picture: ReviewPicture,
  renames: ReadonlyMap<string, string>,
  shadows: ReadonlyMap<string, readonly Shadow[]>,
): DefinitionReview[] {
  const listed = picture.listed.map((definition): DefinitionReview => {
    const key = toKey(definition);
    const { kind, name, publicName, review, fingerprint, text } = definition;
    const decision = picture.decisions.get(key);
    return {
      kind,
      name,
      publicName,
      review,
      fingerprint,
      class: classBefore(picture, definition, renames) ?? definition.class,
      proposedClass: proposeClass(definition),
      text,
      approvedText: review === "changed" ? (decision?.approved_definition ?? undefined) : undefined,
      renamedFrom: renames.get(key),
      shadows: shadows.get(key) ?? [],
      ...whoDecided(review, decision),
    };
  });
  return [...listed, ...unlistedApprovals(picture).map(toRemoved)];
}

function toRemoved(row: StoredDecision): DefinitionReview {
  const { kind, name } = row;
  const text = row.approved_definition ?? undefined;
  const proposedClass = text === undefined ? undefined : proposeClass({ kind, text });
  return {
    kind,
    name,
    publicName: undefined,
    review: "removed",
    fingerprint: approvedFingerprint(kind, row) ?? "",
    class: row.class ?? proposedClass,
    proposedClass,
    text,
    approvedText: undefined,
    renamedFrom: undefined,
    shadows: [],
    decidedAt: row.approved_at ?? undefined,
    decidedBy: row.approved_by ?? undefined,
  };
}

function whoDecided(
  review: Definition["review"],
  decision: StoredDecision | undefined,
): Pick<DefinitionReview, "decidedAt" | "decidedBy"> {
  if (!decision || review === "new" || review === "changed")
    return { decidedAt: undefined, decidedBy: undefined };
  const [at, by] =
    review === "rejected"
      ? [decision.rejected_at, decision.rejected_by]
      : [decision.approved_at, decision.approved_by];
  return { decidedAt: at ?? undefined, decidedBy: by ?? undefined };
}
