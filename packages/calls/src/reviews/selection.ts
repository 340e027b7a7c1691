/** What is decided on, as it was looked at. */
import type { Definition, ReviewState, ToolClass } from "../catalog/definition.ts";
import { fingerprintOfAll } from "../catalog/fingerprint.ts";
import { callFaults } from "../faults.ts";
import type { GivenApproval } from "./approve.ts";
import { approvedFingerprint } from "./decision.ts";
import { toKey, type DefinitionKey } from "./decisions.ts";
import { unlistedApprovals, type ReviewPicture } from "./picture.ts";

/** All that waits, or one by one. */
export type Selection =
  | {
      readonly all: true;
      /** Of everything that the server lists; see `ServerReviews`. */
      readonly fingerprint: string;
    }
  | { readonly definitions: readonly SelectedDefinition[] };

export interface SelectedDefinition extends DefinitionKey {
  readonly fingerprint: string;
  /** What a tool may do from now on; absent: as it was approved before, else as its annotations say. */
  readonly class?: ToolClass | undefined;
}

export interface ChosenRejection extends DefinitionKey {
  readonly fingerprint: string;
  /** Whether it is approved, and so no longer. */
  readonly isApproved: boolean;
}

/** Throws `definition_unknown`, `definition_changed`. */
export function chooseToApprove(picture: ReviewPicture, selection: Selection): GivenApproval[] {
  if ("all" in selection)
    return waiting(picture, selection, ["new", "changed", "accepted"]).map((one) => given(one));
  const listed = byKey(picture.listed);
  return selection.definitions.map((wanted) => given(find(listed, wanted), wanted.class));
}

/** Throws `definition_unknown`, `definition_changed`. */
export function chooseToReject(picture: ReviewPicture, selection: Selection): ChosenRejection[] {
  if ("all" in selection) return waiting(picture, selection, ["new", "changed"]).map(rejection);
  const unlisted = unlistedApprovals(picture).map((row): ChosenRejection => {
    const { kind, name } = row;
    return { kind, name, fingerprint: approvedFingerprint(kind, row) ?? "", isApproved: true };
  });
  const known = byKey([...picture.listed.map(rejection), ...unlisted]);
  return selection.definitions.map((wanted) => find(known, wanted));
}

function waiting(
  { listed }: ReviewPicture,
  { fingerprint }: { readonly fingerprint: string },
  states: readonly ReviewState[],
): Definition[] {
  if (fingerprint !== fingerprintOfAll(listed))
    throw callFaults.fault(
      "definition_changed",
      "What the server lists is not what this fingerprint was made of: look at it again",
      { field: "fingerprint" },
    );
  return listed.filter(({ review }) => states.includes(review));
}

function given(definition: Definition, wanted?: ToolClass): GivenApproval {
  return { definition, class: wanted };
}

function rejection({ kind, name, fingerprint, review }: Definition): ChosenRejection {
  return { kind, name, fingerprint, isApproved: review === "approved" || review === "accepted" };
}

function byKey<Entry extends DefinitionKey>(entries: readonly Entry[]): ReadonlyMap<string, Entry> {
  return new Map(entries.map((entry) => [toKey(entry), entry]));
}

function find<Entry extends SelectedDefinition>(
  known: ReadonlyMap<string, Entry>,
  wanted: SelectedDefinition,
): Entry {
  const found = known.get(toKey(wanted));
  const what = `${wanted.kind} ${JSON.stringify(wanted.name.slice(0, 80))}`;
  const at = { data: { kind: wanted.kind, name: wanted.name } };
  if (!found) throw callFaults.fault("definition_unknown", `The server lists no ${what}`, at);
  if (found.fingerprint === wanted.fingerprint) return found;
  throw callFaults.fault("definition_changed", `The ${what} is not what was looked at: look at it again`, at);
}
