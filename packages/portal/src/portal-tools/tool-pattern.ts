/**
 * The regular expression of a search, in RE2's syntax: it is a stranger's, and the time that it takes grows with the
 * text only, whatever it says.
 */
import { RE2JS, RE2JSException, RE2JSSyntaxException } from "re2js";

export const maxPatternChars = 512;
/** In instructions of the compiled pattern: what each character costs at worst. */
const maxPatternSize = 500;

export type ToolPattern = { readonly fits: (text: string) => boolean } | { readonly problem: string };

/** Case does not count. A text fits when the pattern fits any part of it. */
export function parseToolPattern(pattern: string): ToolPattern {
  if (pattern.length > maxPatternChars)
    return { problem: `must not be longer than ${maxPatternChars} characters` };
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
    if (compiled.programSize() > maxPatternSize)
      return { problem: "is too large: repeat fewer things, or less often" };
    return { fits: (text) => compiled.test(text) };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return { problem: `is no regular expression in the syntax of RE2: ${whatAndWhere(error, pattern)}` };
  }
}

function whatAndWhere(error: RE2JSException, pattern: string): string {
  if (!(error instanceof RE2JSSyntaxException)) return error.message.slice(0, 200);
  const what = error.error.slice(0, 100);
  // The library puts the flag in front of the pattern.
  const where = (error.input ?? "").replace(/^\(\?i\)/, "");
  if (where === "") return what;
  const at = pattern.indexOf(where);
  const place = at >= 0 && at === pattern.lastIndexOf(where) ? `, at character ${at + 1}` : "";
  return `${what}${place}: ${JSON.stringify(where.slice(0, 40))}`;
}
