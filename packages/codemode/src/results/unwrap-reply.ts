/** What a program gets of an API's reply that it wants whole: `{ status, headers, body }`, as `fetch` would tell it. */
import { arrayElements, memberOf } from "@castellan/mcp";
import type { CallOutcomeText } from "../run.ts";
import { unwrapToolResult } from "./unwrap.ts";

/** The member of a result's `_meta` that tells of the reply: `{ status, headers, body? }`; `body`: which block of the content it is. */
export const replyMetaKey = "dev.castellan/http";

/**
 * Of the raw JSON of a `tools/call` result. An error status is a reply like any other, and thrown is only what has none: a request that does
 * not fit was not sent. `body` is null where there is none.
 */
export function unwrapReply(resultText: string): CallOutcomeText {
  const told = memberOf(memberOf(resultText, "_meta") ?? "{}", replyMetaKey);
  if (told === undefined) return unwrapToolResult(resultText);
  const [status = "null", headers = "{}"] = [memberOf(told, "status"), memberOf(told, "headers")];
  return {
    kind: "value",
    text: `{"status":${status},"headers":${headers},"body":${bodyOf(resultText, told)}}`,
  };
}

/** As `unwrapToolResult` has it of a result that is this text alone. */
function bodyOf(resultText: string, told: string): string {
  const at = memberOf(told, "body");
  if (at === undefined) return "null";
  const content = memberOf(resultText, "content") ?? "[]";
  const span = [...arrayElements(content)][Number(at)];
  const block = span ? content.slice(span.start, span.end) : "";
  const body = unwrapToolResult(`{"content":[${block}]}`);
  return body.kind === "value" ? body.text : "null";
}
