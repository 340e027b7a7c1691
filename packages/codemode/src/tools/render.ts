/** What the caller of a tool that runs code is answered. */
import type { Answer } from "@castellan/calls";
import type { LogLine } from "@castellan/isolates";
import type { Fault, Id } from "@castellan/kernel";
import type { Era } from "@castellan/mcp";
import { truncate } from "../results/truncate.ts";
import type { RunAnswer } from "../run.ts";
import { runUri } from "./run-uri.ts";

/** Logs are for looking into what the code did: less of them than of what it returned. */
const maxLogs = 4_000;

export function renderAnswer(answer: RunAnswer, era: Era): Answer {
  switch (answer.status) {
    case "completed":
      return completed(answer.run, answer.text, answer.logs, era);
    case "failed":
      return failed(answer, answer.logs, era);
    case "paused":
      return paused(answer, era);
  }
}

/** A failure of the call that is the code's own, or the caller's to mend: a model reads it. */
export function renderFault(fault: Fault, era: Era): Answer {
  return failed(fault, [], era);
}

function completed(run: Id<"run">, returned: string | undefined, logs: readonly LogLine[], era: Era): Answer {
  const uri = runUri(run);
  const { text, isTruncated } = truncate(shownOf(returned), uri);
  const link = { type: "resource_link", uri, name: `Result of ${run}`, mimeType: "application/json" };
  const content = [textBlock(text), ...logBlock(logs), ...(isTruncated ? [link] : [])];
  return { kind: "result", text: resultOf({ content }, era), outcome: "ok" };
}

interface Failed {
  readonly code: string;
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/** With the code of what was thrown, where it has one: many models read nothing but the text. */
function failed({ code, message, data }: Failed, logs: readonly LogLine[], era: Era): Answer {
  const own = typeof data?.["code"] === "string" ? ` (${data["code"]})` : "";
  const content = [textBlock(`${code}: ${message}${own}`), ...logBlock(logs)];
  const structuredContent = { status: "failed", error: { code, message, ...(data && { data }) } };
  return {
    kind: "result",
    text: resultOf({ content, structuredContent, isError: true }, era),
    outcome: "tool_error",
    code,
  };
}

function paused({ run, waits, expiresAt, logs }: Extract<RunAnswer, { status: "paused" }>, era: Era): Answer {
  const pages = waits.map(({ message, url, tool }) => `- ${tool}: ${message} ${url}`).join("\n");
  const told =
    waits.length === 0
      ? `The run was interrupted. Call this tool again with {"run":"${run}"} to go on with it.`
      : `The run waits for a person:\n${pages}\nOnce that is done it goes on: call this tool again with {"run":"${run}"} for its result, until ${expiresAt.toISOString()}.`;
  const structuredContent = {
    status: "paused",
    run,
    expiresAt: expiresAt.toISOString(),
    waits: waits.map(({ kind, id, url, message, tool }) => ({ kind, id, url, message, tool })),
  };
  return {
    kind: "result",
    text: resultOf({ content: [textBlock(told), ...logBlock(logs)], structuredContent }, era),
    outcome: "ok",
    code: "run_paused",
  };
}

/** A string as it is, since models read text; everything else as JSON. */
function shownOf(returned: string | undefined): string {
  if (returned === undefined) return "undefined";
  return returned.startsWith('"') ? (JSON.parse(returned) as string) : returned;
}

function logBlock(logs: readonly LogLine[]): readonly object[] {
  if (logs.length === 0) return [];
  const text = logs.map(({ level, text: said }) => (level === "log" ? said : `${level}: ${said}`)).join("\n");
  const shown =
    text.length > maxLogs
      ? `${text.slice(0, maxLogs).toWellFormed()}\n… ${text.length - maxLogs} more characters`
      : text;
  return [textBlock(`console:\n${shown}`)];
}

function textBlock(text: string): object {
  return { type: "text", text };
}

function resultOf(result: object, era: Era): string {
  return JSON.stringify(era === "modern" ? { resultType: "complete", ...result } : result);
}
