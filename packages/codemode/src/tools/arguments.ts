/** What the tools that run code are called with. */
import { isId, type Id } from "@castellan/kernel";
import { isObject, mcpFaults, type JsonObject, type RequestMessage } from "@castellan/mcp";

export type ExecuteArguments = { readonly code: string } | { readonly run: Id<"run"> };

/** Throws `params_invalid`, with a field of `params.arguments`. */
export function searchArguments(request: RequestMessage): { readonly code: string } {
  return { code: codeOf(argumentsOf(request, ["code"])["code"]) };
}

/** Throws `params_invalid`, with a field of `params.arguments`. */
export function executeArguments(request: RequestMessage): ExecuteArguments {
  const { code, run } = argumentsOf(request, ["code", "run"]);
  if ((code === undefined) === (run === undefined))
    throw invalid("arguments", "takes either `code`, or the `run` to go on with");
  if (run === undefined) return { code: codeOf(code) };
  if (typeof run !== "string" || !isId("run", run))
    throw invalid("arguments.run", "is the id of a run: run_…");
  return { run };
}

function argumentsOf({ params }: RequestMessage, names: readonly string[]): JsonObject {
  const args = params?.["arguments"] ?? {};
  if (!isObject(args)) throw invalid("arguments", "must be an object");
  const unknown = Object.keys(args).find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalid("arguments", `has no ${JSON.stringify(unknown.slice(0, 64))}`);
  return args;
}

function codeOf(code: unknown): string {
  if (typeof code !== "string" || code.trim() === "")
    throw invalid("arguments.code", "must be a text that is not empty: the code to run");
  return code;
}

function invalid(field: string, reason: string) {
  return mcpFaults.fault("params_invalid", `params.${field} ${reason}`, { field: `params.${field}` });
}
