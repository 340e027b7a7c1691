/** What a program gets of a tool's result: the value, not the envelope. */
import { arrayElements, objectMembers } from "@castellan/mcp";
import type { CallOutcomeText } from "../run.ts";

/**
 * Of the raw JSON of a `tools/call` result: `structuredContent`; else the JSON that its only text is; else its text, blocks joined by line feeds;
 * else its content as it is. `isError` is an error with what its text says. Numbers and the like stay to the letter.
 */
export function unwrapToolResult(resultText: string): CallOutcomeText {
  const member = membersOf(resultText);
  const contentText = member("content") ?? "[]";
  if (member("isError") === "true") return failed(contentText, member("structuredContent"));
  const structured = member("structuredContent");
  if (structured !== undefined && structured !== "null") return value(structured);
  const texts = textsOf(contentText);
  if (texts === undefined) return value(contentText);
  const text = texts.join("\n");
  return value(texts.length === 1 && isExactJson(text) ? text : JSON.stringify(text));
}

/** Of the raw JSON of a `resources/read` result. */
export function unwrapResource(resultText: string): CallOutcomeText {
  return value(membersOf(resultText)("contents") ?? "[]");
}

/** What an error may say at most; the rest of a tool's text is left out. */
const maxErrorMessage = 4000;

function failed(contentText: string, structured: string | undefined): CallOutcomeText {
  const texts = textsOf(contentText);
  const told = texts && texts.length > 0 ? texts.join("\n") : (structured ?? contentText);
  const message = told.length > maxErrorMessage ? `${told.slice(0, maxErrorMessage).toWellFormed()}…` : told;
  return { kind: "error", code: "code_tool_failed", message: message === "" ? "The tool failed." : message };
}

function value(text: string): CallOutcomeText {
  return { kind: "value", text };
}

function membersOf(objectText: string): (name: string) => string | undefined {
  const members = objectMembers(objectText);
  return (name) => {
    const span = members.get(name);
    return span && objectText.slice(span.start, span.end);
  };
}

/** The texts of the blocks, where all of them are texts; nothing is no text. */
function textsOf(contentText: string): readonly string[] | undefined {
  if (!contentText.startsWith("[")) return undefined;
  const texts: string[] = [];
  for (const { start, end } of arrayElements(contentText)) {
    const member = membersOf(contentText.slice(start, end));
    const text = member("text");
    if (member("type") !== '"text"' || text === undefined || !text.startsWith('"')) return undefined;
    texts.push(JSON.parse(text) as string);
  }
  return texts.length > 0 ? texts : undefined;
}

/** How JSON begins. Most texts do not, and to have them refused by the parser costs more than all else here. */
const mayBeJson = /^[ \t\r\n]*(?:[[{"\-\d]|true|false|null)/;

/** Whether it says the same as JSON: `12345678901234567890` does not, it is some id and stays a text. */
function isExactJson(text: string): boolean {
  if (!mayBeJson.test(text)) return false;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed !== "number" || String(parsed) === text.trim();
  } catch {
    return false;
  }
}
