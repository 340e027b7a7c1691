/** What the code is told of a call that it made. */
import type { ChildOutcome } from "@castellan/calls";
import { isObject } from "@castellan/mcp";
import { unwrapReply } from "../results/unwrap-reply.ts";
import { unwrapResource, unwrapToolResult } from "../results/unwrap.ts";
import type { CallOutcomeText, RunCallMethod } from "../run.ts";

/** Of one that does not wait for anybody. `isWhole`: as the reply of an API. */
export function toOutcomeText(
  { answer, fault }: ChildOutcome,
  method: RunCallMethod,
  isWhole = false,
): CallOutcomeText {
  if (fault) return { kind: "error", code: fault.code, message: fault.message };
  if (!answer) throw new TypeError("a call without an answer has a fault");
  if (answer.kind === "error")
    return { kind: "error", code: answer.code ?? "code_tool_failed", message: errorMessage(answer.text) };
  if (method === "tools/call") return isWhole ? unwrapReply(answer.text) : unwrapToolResult(answer.text);
  return method === "resources/read" ? unwrapResource(answer.text) : { kind: "value", text: answer.text };
}

const maxMessage = 4_000;

/** Of a JSON-RPC error. */
function errorMessage(text: string): string {
  const error: unknown = JSON.parse(text);
  const message = isObject(error) ? error["message"] : undefined;
  return typeof message === "string"
    ? message.slice(0, maxMessage).toWellFormed()
    : "The server answered with an error.";
}
