/** A legacy server's result for a modern caller. */
import { mcpFaults } from "../faults.ts";
import { withMembers } from "../json/members.ts";
import { objectMembers } from "../json/scan.ts";
import { memberText, type ResultMessage } from "../jsonrpc/message.ts";
import { findMethod } from "../methods.ts";

/**
 * A result (raw JSON) with `cacheScope: "private"`. A server may say that anybody may keep it (SEP-2549), but
 * whoever reads it here needed leave to come in, and a cache that is shared would not ask for it.
 */
export function withPrivateCache(message: ResultMessage): string {
  const text = memberText(message, "result") ?? "{}";
  return message.result["cacheScope"] === "public" ? withMembers(text, { cacheScope: '"private"' }) : text;
}

/** Results that start an exchange of 2026-07-28: no legacy server can have it. */
const exchanges: ReadonlySet<unknown> = new Set(["input_required", "task"]);

/**
 * Adds what 2026-07-28 requires of a result (raw JSON) and a legacy server does not say:
 * `resultType`, and for methods with cache hints (SEP-2549) that it must not be kept, or by nobody else.
 *
 * Throws `upstream_invalid` for a `resultType` that would begin an exchange, and for `inputRequests`: such
 * a result would bring its questions to the client past everything that looks at a server's questions.
 */
export function toModernResult(resultText: string, method: string): string {
  const members = objectMembers(resultText);
  const span = members.get("resultType");
  if (span) assertNoExchange(JSON.parse(resultText.slice(span.start, span.end)));
  if (members.has("inputRequests")) throw invalid("inputRequests");
  const hasCacheHints = findMethod(method, "modern")?.hasCacheHints === true;
  const wanted: [name: string, text: string][] = [["resultType", '"complete"']];
  if (hasCacheHints) wanted.push(["ttlMs", "0"]);
  const absent = wanted.filter(([name]) => !members.has(name));
  const scope = hasCacheHints ? { cacheScope: '"private"' } : {};
  return withMembers(resultText, { ...Object.fromEntries(absent), ...scope }, members);
}

function assertNoExchange(resultType: unknown): void {
  if (typeof resultType === "string" && !exchanges.has(resultType)) return;
  const said = JSON.stringify(resultType).slice(0, 80);
  throw invalid(`the resultType ${said}`);
}

function invalid(member: string) {
  return mcpFaults.fault("upstream_invalid", `A result of the legacy era cannot have ${member}`);
}
