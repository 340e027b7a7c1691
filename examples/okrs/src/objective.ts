/**
 * The nouns of this service: an objective of a quarter, its key results, and the check-ins that move them.
 *
 * Everything here is pure: a change takes an objective and gives a new one, or refuses with a sentence
 * that says what to do instead. Progress is computed, never stored: a key result's is how far its value
 * went from start to target (0 to 1, downwards too), an objective's is the mean of its key results.
 */
import { z } from "zod";

export const outcomes = ["achieved", "missed", "abandoned"] as const;

/** More than five key results are a to-do list. */
export const maxKeyResults = 5;

export const objectiveIdSchema = z
  .string()
  .regex(/^obj_[1-9][0-9]*$/)
  .describe("Id of an objective, as create_objective and list_objectives give it, for example obj_7");

export const keyResultIdSchema = z
  .string()
  .regex(/^kr_[1-9][0-9]*$/)
  .describe("Id of a key result within its objective, for example kr_1");

export const quarterSchema = z
  .string()
  .regex(/^[0-9]{4}-Q[1-4]$/)
  .describe("Calendar quarter, for example 2026-Q4");

export const ownerSchema = z.string().trim().min(1).max(200).describe("Person or team that answers for it");

export const confidenceSchema = z
  .enum(["on_track", "at_risk", "off_track"])
  .describe("The owner's honest guess whether the target will be met");

const amount = z.number().min(-1e12).max(1e12);

/** What the caller decides about a key result. */
export const keyResultDraftSchema = z.strictObject({
  title: z.string().trim().min(1).max(300),
  unit: z.string().trim().max(30).default("").describe("What the numbers count: %, EUR, customers"),
  startValue: amount.default(0),
  targetValue: amount.describe("May be below startValue, when less is better"),
});

export const keyResultSchema = keyResultDraftSchema.extend({
  id: keyResultIdSchema,
  unit: z.string(),
  startValue: amount,
  currentValue: amount,
  confidence: confidenceSchema,
  checkIns: z.array(
    z.strictObject({
      at: z.iso.datetime(),
      value: amount,
      confidence: confidenceSchema,
      note: z.string().max(2_000).optional(),
    }),
  ),
});

export const objectiveSchema = z.strictObject({
  id: objectiveIdSchema,
  title: z.string().trim().min(1).max(300),
  owner: ownerSchema,
  quarter: quarterSchema,
  status: z.enum(["active", ...outcomes]),
  keyResults: z.array(keyResultSchema).max(maxKeyResults),
  createdAt: z.iso.datetime(),
  closedAt: z.iso.datetime().optional(),
  lesson: z.string().max(2_000).optional(),
});

export type Objective = z.infer<typeof objectiveSchema>;
export type KeyResult = z.infer<typeof keyResultSchema>;
export type KeyResultDraft = z.infer<typeof keyResultDraftSchema>;
export type Confidence = z.infer<typeof confidenceSchema>;
export type Outcome = (typeof outcomes)[number];

/** A request that the rules of this service refuse. Its message is for the caller and says what to do. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

export function newObjective(
  id: string,
  draft: Pick<Objective, "title" | "owner" | "quarter">,
  now: Date,
): Objective {
  return { ...draft, id, status: "active", keyResults: [], createdAt: now.toISOString() };
}

export function addKeyResult(objective: Objective, draft: KeyResultDraft): Objective {
  requireActive(objective);
  if (draft.startValue === draft.targetValue)
    throw new Refusal(
      `startValue and targetValue are both ${draft.targetValue}: there is nothing to reach. Change one of them.`,
    );
  if (objective.keyResults.length >= maxKeyResults)
    throw new Refusal(
      `${objective.id} has ${maxKeyResults} key results already. Sharpen one of them, or create another objective.`,
    );
  const keyResult: KeyResult = {
    ...draft,
    id: `kr_${objective.keyResults.length + 1}`,
    currentValue: draft.startValue,
    confidence: "on_track",
    checkIns: [],
  };
  return { ...objective, keyResults: [...objective.keyResults, keyResult] };
}

export interface CheckIn {
  readonly keyResultId: string;
  readonly value: number;
  readonly confidence: Confidence;
  readonly note?: string | undefined;
}

export function checkIn(objective: Objective, { keyResultId, ...what }: CheckIn, now: Date): Objective {
  requireActive(objective);
  if (!objective.keyResults.some(({ id }) => id === keyResultId)) {
    const known = objective.keyResults.map(({ id, title }) => `${id} (${title})`).join(", ");
    throw new Refusal(
      `${objective.id} has no key result ${keyResultId}. ${known === "" ? "Add one with add_key_result." : `It has ${known}.`}`,
    );
  }
  const keyResults = objective.keyResults.map((keyResult) =>
    keyResult.id === keyResultId
      ? {
          ...keyResult,
          currentValue: what.value,
          confidence: what.confidence,
          checkIns: [...keyResult.checkIns, { at: now.toISOString(), ...what }],
        }
      : keyResult,
  );
  return { ...objective, keyResults };
}

export function closeObjective(
  objective: Objective,
  outcome: Outcome,
  lesson: string | undefined,
  now: Date,
): Objective {
  if (objective.status === outcome) return objective;
  requireActive(objective);
  if (outcome === "achieved" && objective.keyResults.length === 0)
    throw new Refusal(
      `${objective.id} has no key results, so nothing shows that it was achieved. Add one, or close it as abandoned.`,
    );
  return {
    ...objective,
    status: outcome,
    closedAt: now.toISOString(),
    ...(lesson !== undefined && { lesson }),
  };
}

/** 0 to 1. */
export function keyResultProgress({ startValue, targetValue, currentValue }: KeyResult): number {
  const share = (currentValue - startValue) / (targetValue - startValue);
  return Math.min(1, Math.max(0, share));
}

/** 0 to 1; 0 without key results. */
export function objectiveProgress({ keyResults }: Objective): number {
  if (keyResults.length === 0) return 0;
  const sum = keyResults.reduce((total, keyResult) => total + keyResultProgress(keyResult), 0);
  return sum / keyResults.length;
}

/** The worst confidence among the key results. */
export function objectiveConfidence({ keyResults }: Objective): Confidence {
  const all = new Set(keyResults.map(({ confidence }) => confidence));
  if (all.has("off_track")) return "off_track";
  return all.has("at_risk") ? "at_risk" : "on_track";
}

export function quarterOf(moment: Date): string {
  return `${moment.getUTCFullYear()}-Q${Math.floor(moment.getUTCMonth() / 3) + 1}`;
}

function requireActive({ id, status }: Objective): void {
  if (status !== "active")
    throw new Refusal(`${id} is closed (${status}) and stays as it is. Create a new objective to go on.`);
}
