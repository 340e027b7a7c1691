/** A legacy server's result for a modern caller. */
import { mcpFaults } from "../faults.ts";
import { withMembers } from "../json/members.ts";
import { objectMembers } from "../json/scan.ts";
import { findMethod } from "../methods.ts";

/** Results that start an exchange of 2026-07-28: no legacy server can have it. */
const exchanges: ReadonlySet<unknown> = new Set(["input_required", "task"]);

/**
 * Adds what 2026-07-28 requires of a result (raw JSON) and a legacy server does not say:
 * `resultType`, and for methods with cache hints (SEP-2549) that it must not be kept.
 *
 * Throws `upstream_invalid` for a `resultType` that would begin an exchange: such a result would
 * bring its questions to the client past everything that looks at a server's questions.
 */
export function toModernResult(resultText: string, method: string): string {
  const members = objectMembers(resultText);
  const span = members.get("resultType");
  if (span) assertNoExchange(JSON.parse(resultText.slice(span.start, span.end)));
  const wanted: [name: string, text: string][] = [["resultType", '"complete"']];
  if (findMethod(method, "modern")?.hasCacheHints) wanted.push(["ttlMs", "0"], ["cacheScope", '"private"']);
  const absent = wanted.filter(([name]) => !members.has(name));
  return withMembers(resultText, Object.fromEntries(absent), members);
}

function assertNoExchange(resultType: unknown): void {
  if (typeof resultType === "string" && !exchanges.has(resultType)) return;
  const said = JSON.stringify(resultType).slice(0, 80);
  throw mcpFaults.fault("upstream_invalid", `A result of the legacy era cannot have the resultType ${said}`);
}
