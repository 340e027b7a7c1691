/** What has been decided about the definitions of one name, and what that makes of the one that is listed now. */
import type {
  Definition,
  DefinitionKind,
  FoundDefinition,
  ReviewState,
  ToolClass,
} from "../catalog/definition.ts";
import { fingerprintOf } from "../catalog/fingerprint.ts";
import { proposeClass } from "../catalog/tool-class.ts";
import { inTurns } from "./in-turns.ts";

/** Stands in the place of a person where a setting of the server approved. */
export const autoAccepted = "auto-accept";

/** Of a row of `definition_reviews` what says how things stand. */
export interface Decision {
  readonly approved_fingerprint: string | null;
  /** As it was approved; null: approved ahead of the sync that finds it. */
  readonly approved_definition: string | null;
  /** Null: as its annotations say. */
  readonly class: ToolClass | null;
  readonly approved_at: Date | null;
  readonly approved_by: string | null;
  readonly rejected_fingerprint: string | null;
}

/** The fingerprint that was approved; of a row from before there were fingerprints that of its text. */
export function approvedFingerprint(kind: DefinitionKind, decision: Decision): string | undefined {
  const { approved_fingerprint: fingerprint, approved_definition: text } = decision;
  return fingerprint ?? (text === null ? undefined : fingerprintOf({ kind, text }));
}

/** Definitions with what their decisions make of them, in the same order. */
export async function toDefinitions(
  entries: Iterable<{ readonly found: FoundDefinition; readonly decision: Decision | undefined }>,
): Promise<Definition[]> {
  const definitions: Definition[] = [];
  for await (const { found, decision } of inTurns(entries, (entry) => entry.found.text.length))
    definitions.push(toDefinition(found, decision));
  return definitions;
}

function toDefinition(found: FoundDefinition, decision: Decision | undefined): Definition {
  const { kind, name, publicName, text } = found;
  const fingerprint = fingerprintOf(found);
  const review = decision ? reviewOf(kind, fingerprint, decision) : "new";
  const inForce = review === "approved" || review === "accepted" ? decision : undefined;
  return {
    kind,
    name,
    publicName,
    text,
    fingerprint,
    review,
    awaitsPerson: (decision?.rejected_fingerprint ?? null) !== null,
    class: (kind === "tool" ? inForce?.class : undefined) ?? proposeClass(found),
    decidedAt: inForce?.approved_at ?? undefined,
  };
}

function reviewOf(kind: DefinitionKind, fingerprint: string, decision: Decision): ReviewState {
  const approved = approvedFingerprint(kind, decision);
  if (approved === fingerprint) return decision.approved_by === autoAccepted ? "accepted" : "approved";
  if (decision.rejected_fingerprint === fingerprint) return "rejected";
  return approved === undefined ? "new" : "changed";
}
