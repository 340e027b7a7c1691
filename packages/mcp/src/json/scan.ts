/**
 * Where the parts of a JSON text stand.
 *
 * `JSON.parse` and `JSON.stringify` do not give back what went in: `1234567890123456789`, `1E400`
 * and `-0` are lost. So what is forwarded is cut out of the original text, and for that one must
 * know where it stands. The functions here walk text that `JSON.parse` has already accepted.
 */
import { mcpFaults } from "../faults.ts";

/** A part of a text: from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const maxJsonDepth = 128;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * Refuses what two readers could read differently: a key twice in one object (escapes resolved),
 * or `__proto__` as a key; and nesting beyond `maxJsonDepth`.
 * Throws `json_ambiguous`, `json_too_deep`.
 */
export function assertUnambiguous(text: string): void {
  // One entry per open container: the keys seen so far, or null for an array.
  const open: (string[] | Set<string> | null)[] = [];
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote: {
        const end = endOfString(text, at);
        if (expectsKey) {
          const depth = open.length - 1;
          open[depth] = withKey(open[depth] ?? [], text.slice(at + 1, end - 1));
          expectsKey = false;
        }
        at = end - 1;
        break;
      }
      case openBrace:
      case openBracket:
        if (open.length >= maxJsonDepth)
          throw mcpFaults.fault("json_too_deep", `JSON nested deeper than ${maxJsonDepth} levels`);
        expectsKey = text.charCodeAt(at) === openBrace;
        open.push(expectsKey ? [] : null);
        break;
      case closeBrace:
      case closeBracket:
        open.pop();
        expectsKey = false;
        break;
      case comma:
        expectsKey = open.at(-1) !== null;
        break;
      default:
    }
  }
}

/** The members of the object that begins at or after `from`: each name with the span of its value. */
export function objectMembers(text: string, from = 0): Map<string, Span> {
  const members = new Map<string, Span>();
  let at = skipSpace(text, from) + 1;
  for (;;) {
    at = skipSpace(text, at);
    const code = text.charCodeAt(at);
    if (code === closeBrace) return members;
    if (code === comma) {
      at++;
      continue;
    }
    const nameEnd = endOfString(text, at);
    const name = unescapeKey(text.slice(at + 1, nameEnd - 1));
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, start);
    members.set(name, { start, end });
    at = end;
  }
}

/** The spans of the elements of the array that begins at or after `from`. */
export function arrayElements(text: string, from = 0): Span[] {
  const elements: Span[] = [];
  let at = skipSpace(text, from) + 1;
  for (;;) {
    at = skipSpace(text, at);
    const code = text.charCodeAt(at);
    if (code === closeBracket) return elements;
    if (code === comma) {
      at++;
      continue;
    }
    const end = endOfValue(text, at);
    elements.push({ start: at, end });
    at = end;
  }
}

/** One change to a text: what stands in `span` becomes `text`. */
export interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** Applies edits that do not overlap; everything else stays as it is, to the letter. */
export function edit(text: string, edits: readonly Edit[]): string {
  let out = "";
  let at = 0;
  for (const change of edits.toSorted((a, b) => a.span.start - b.span.start)) {
    out += text.slice(at, change.span.start) + change.text;
    at = change.span.end;
  }
  return out + text.slice(at);
}

function endOfValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === quote) return endOfString(text, start);
  if (first !== openBrace && first !== openBracket) return endOfScalar(text, start);
  let depth = 0;
  for (let at = start; ; at++) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfString(text, at) - 1;
        break;
      case openBrace:
      case openBracket:
        depth++;
        break;
      case closeBrace:
      case closeBracket:
        if (--depth === 0) return at + 1;
        break;
      default:
    }
  }
}

/** `start` is at the opening quote; the result is just past the closing one. */
function endOfString(text: string, start: number): number {
  let at = start;
  for (;;) {
    at = text.indexOf('"', at + 1);
    if (at < 0) throw new RangeError("scan of text that JSON.parse has not accepted");
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
}

function endOfScalar(text: string, start: number): number {
  let at = start;
  while (at < text.length && !isDelimiter(text.charCodeAt(at))) at++;
  return at;
}

function isDelimiter(code: number): boolean {
  return code === comma || code === closeBrace || code === closeBracket || isSpace(code);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function withKey(keys: string[] | Set<string>, raw: string): string[] | Set<string> {
  const key = unescapeKey(raw);
  if (key === "__proto__") throw mcpFaults.fault("json_ambiguous", 'JSON has a key "__proto__"');
  const isKnown = Array.isArray(keys) ? keys.includes(key) : keys.has(key);
  if (isKnown)
    throw mcpFaults.fault("json_ambiguous", `JSON has the key ${JSON.stringify(key.slice(0, 64))} twice`);
  if (!Array.isArray(keys)) return keys.add(key);
  if (keys.length >= 16) return new Set(keys).add(key);
  keys.push(key);
  return keys;
}

function unescapeKey(raw: string): string {
  return raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
}
