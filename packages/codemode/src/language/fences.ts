/** Code as models send it often stands in a Markdown fence, with words around it. */
import { blank } from "./repairs.ts";

/** What stands in the first fence that says it is code, else in the first: the text around it is blank then, so that every line and column stays. Undefined: there is no fence. */
export function insideFence(code: string): string | undefined {
  const oneLine = /^\s*```(?:(?:js|javascript|mjs|ts|typescript)[ \t])?([^\n\r`]+)```\s*$/.exec(code);
  if (oneLine) {
    const start = code.indexOf(oneLine[1] ?? "", code.indexOf("```") + 3);
    return blank(code.slice(0, start)) + (oneLine[1] ?? "");
  }
  const open = codeFence.exec(code) ?? openingFence.exec(code);
  if (!open) return undefined;
  const start = open.index + open[0].length;
  const fence = open[1] ?? "```";
  const rest = code.slice(start);
  const close = rest.search(fence.startsWith("`") ? closingTicks : closingTildes);
  return blank(code.slice(0, start)) + (close < 0 ? rest : rest.slice(0, close));
}

/** Whether the first thing in it is a fence: then nothing else is meant, although a template literal begins the same way. */
export function isFenced(code: string): boolean {
  return /^\s*(?:```|~~~)/.test(code);
}

/** A language that stands in the first line without a fence, as where the fence was cut away. */
export function withoutLanguage(code: string): string {
  return code.replace(/^\s*(?:javascript|typescript|js|ts)[ \t]*(?=[\n\r])/i, blank);
}

const codeFence =
  /^[ \t]*(```+|~~~+)[ \t]*(?:javascript|typescript|[mc]?[jt]sx?)(?![\w-])[^\n\r`]*(?:\r\n?|\n)/im;
const openingFence = /^[ \t]*(```+|~~~+)[^\n\r`]*(?:\r\n?|\n)/m;
const closingTicks = /^[ \t]*```+[ \t]*$/m;
const closingTildes = /^[ \t]*~~~+[ \t]*$/m;
