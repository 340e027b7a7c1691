/** A server's response as the caller's answer. */
import { kernelFaults } from "@castellan/kernel";
import {
  mcpFaults,
  memberOf,
  memberText,
  rpcCodes,
  type ErrorMessage,
  type ResponseMessage,
} from "@castellan/mcp";
import type { Answer } from "../call.ts";

/** As it came. Throws `upstream_refused` for what concerns the hop to the server only. */
export function toAnswer(response: ResponseMessage): Answer {
  return response.kind === "error"
    ? toErrorAnswer(response)
    : toResultAnswer(response.result, memberText(response, "result") ?? "{}");
}

export function toResultAnswer(result: Readonly<Record<string, unknown>>, text: string): Answer {
  return { kind: "result", text, outcome: result["isError"] === true ? "tool_error" : "ok" };
}

export function errorTextOf(response: ErrorMessage): string {
  const text = memberText(response, "error");
  if (text === undefined) throw kernelFaults.fault("internal_error", "An error response without an error");
  return text;
}

function toErrorAnswer(response: ErrorMessage): Answer {
  return errorAnswer(errorTextOf(response));
}

/** `text`: raw JSON of an error object. */
export function errorAnswer(text: string): Answer {
  return { kind: "error", text, outcome: "error", code: String(Number(memberOf(text, "code"))) };
}

/** What a modern server says of the hop to it; to the caller it would speak of the caller's own. */
const ofThisHop: ReadonlySet<number> = new Set([rpcCodes.headerMismatch, rpcCodes.unsupportedVersion]);

/** Throws `upstream_refused` where a modern server's error is about what this house sent, not about the call. */
export function assertAboutCall(response: ResponseMessage): void {
  if (response.kind !== "error" || !ofThisHop.has(response.error.code)) return;
  const { code, message } = response.error;
  throw mcpFaults.fault("upstream_refused", `The server refused the request: ${message.slice(0, 200)}`, {
    data: { rpcCode: code },
  });
}

/** Errors that have an HTTP status of their own for callers of the modern era (2026-07-28, transports). */
const modernStatus: Readonly<Record<number, number>> = {
  [rpcCodes.methodNotFound]: 404,
  [rpcCodes.missingClientCapability]: 400,
};

export function withModernStatus(answer: Answer): Answer {
  const status = answer.kind === "error" ? modernStatus[Number(answer.code)] : undefined;
  return status === undefined ? answer : { ...answer, status };
}
