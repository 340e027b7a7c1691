/**
 * JSON as lines that people can judge: a member on each, short lists on one, and nothing parsed, so that numbers, names
 * and escapes stay as they were sent. A piece that is `said` is a string of the text, quotes included: it is shown by
 * itself, since letters that run from right to left would otherwise pull what stands around them out of its order (UAX #9).
 */
export type Piece = string | { readonly said: string };
export type Line = readonly Piece[];

/** Deeper, all lines begin at the same place: a text of brackets would otherwise become a much larger one of spaces. */
const maxIndent = 12;
/** What holds no list or object and is no longer than this stands on one line. */
const maxShort = 60;
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/gs;

/** Undefined for what is no JSON. */
export function jsonLines(text: string): Line[] | undefined {
  if (!isJson(text)) return undefined;
  const found = text.match(tokens) ?? [];
  let line: Piece[] = [];
  const lines = [line];
  let depth = 0;
  /** Where what stands on one line ends. */
  let shortUntil = -1;
  const breakLine = () => {
    line = depth === 0 ? [] : ["  ".repeat(Math.min(depth, maxIndent))];
    lines.push(line);
  };
  for (const [index, token] of found.entries()) {
    const isShort = index <= shortUntil;
    if (isOpener(token)) {
      line.push(token);
      shortUntil = shortEnd(found, index) ?? -1;
      if (shortUntil >= 0) continue;
      depth += 1;
      breakLine();
    } else if (isCloser(token)) {
      if (!isShort) {
        depth -= 1;
        breakLine();
      }
      line.push(token);
    } else if (token === ",") {
      line.push(isShort ? ", " : token);
      if (!isShort) breakLine();
    } else if (token.startsWith('"')) line.push({ said: token });
    else line.push(token === ":" ? ": " : token);
  }
  return lines;
}

/** The place of the closer of what opens here, if it stands on one line. */
function shortEnd(found: readonly string[], from: number): number | undefined {
  let length = 0;
  for (let index = from + 1; index < found.length && length <= maxShort; index += 1) {
    const token = found[index] ?? "";
    if (isCloser(token)) return index;
    if (isOpener(token)) return undefined;
    length += token.length;
  }
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isOpener(token: string): boolean {
  return token === "{" || token === "[";
}

function isCloser(token: string): boolean {
  return token === "}" || token === "]";
}
