/**
 * JSON as lines that can be compared: a member a line, members by name, numbers as they were written. A string
 * breaks after each of its line breaks, and where it is long at a space: what goes on stands deeper, and since
 * quotation marks in it are escaped it cannot pass for a member.
 */
/** A long piece of a string ends at the next space, a longer one anywhere. */
const longLength = 160;
const longestLength = 400;

/** Of canonical JSON. */
export function toLines(canonical: string): string[] {
  const lines: string[] = [];
  let line = "";
  let depth = 0;
  let isFresh = false;
  const newLine = () => {
    lines.push(line);
    line = "  ".repeat(depth);
  };
  for (const [token] of canonical.matchAll(tokens)) {
    const closes = token === "}" || token === "]";
    if (closes) depth--;
    // What is empty closes where it opened.
    if (closes ? !isFresh : isFresh) newLine();
    isFresh = token === "{" || token === "[";
    if (isFresh) depth++;
    const [first = "", ...more] = token.startsWith('"') ? pieces(token) : [token];
    line += first;
    for (const piece of more) {
      newLine();
      line += `  ${piece}`;
    }
    if (token === ":") line += " ";
    if (token === ",") newLine();
  }
  return [...lines, line];
}

/** Canonical JSON has no space between its tokens. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^"{}[\],:]+/gsu;

/** A string in its quotes, in pieces. */
function pieces(token: string): string[] {
  const cut: string[] = [];
  let start = 0;
  for (let at = 0; at < token.length; at++) {
    const isEscape = token[at] === "\\";
    if (isEscape) at++;
    const isBreak = isEscape && token[at] === "n";
    const length = at - start;
    const isLong = length >= longLength && (token[at] === " " || length >= longestLength);
    // A character may take two places.
    if (!isBreak && (!isLong || /[\ud800-\udbff]/.test(token[at] ?? ""))) continue;
    cut.push(token.slice(start, at + 1));
    start = at + 1;
  }
  return [...cut, token.slice(start)];
}
