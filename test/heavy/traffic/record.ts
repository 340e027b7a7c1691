/** The record, read back over the API, and what must be in it. */
import type { Castellan } from "../process/castellan.ts";
import type { Memory } from "./traffic.ts";

export interface RecordedCall {
  readonly era: "legacy" | "modern" | null;
  readonly requestId: string;
  readonly outcome: string;
  readonly method: string;
  readonly code?: string;
  readonly server?: string;
}

/** All records, newest first. */
export async function readRecord({ api }: Pick<Castellan, "api">): Promise<RecordedCall[]> {
  const calls: RecordedCall[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined;) {
    const page: { items: RecordedCall[]; nextCursor?: string } = await api(
      "GET",
      `/calls?limit=500${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    calls.push(...page.items);
    cursor = page.nextCursor;
  }
  return calls;
}

export interface Findings {
  /** Answered with success, and not on record as such. */
  readonly missing: readonly string[];
  readonly twice: readonly string[];
  readonly intact: boolean;
}

/** What a record that keeps its word looks like. */
export const nothingAmiss: Findings = { missing: [], twice: [], intact: true };

export async function auditRecord(
  castellan: Pick<Castellan, "api">,
  { answered }: Memory,
): Promise<Findings> {
  const outcomes = new Map<string, string[]>();
  for (const { requestId, outcome } of await readRecord(castellan))
    outcomes.set(requestId, [...(outcomes.get(requestId) ?? []), outcome]);
  const { intact } = await castellan.api<{ intact: boolean }>("GET", "/calls/verify");
  return {
    missing: [...answered.keys()].filter((id) => !outcomes.get(id)?.includes("ok")),
    twice: [...outcomes].filter(([, seen]) => seen.length > 1).map(([id]) => id),
    intact,
  };
}
