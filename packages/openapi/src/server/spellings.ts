/**
 * A secret as it may stand in an answer: as it is, percent-encoded, as JSON and as HTML write it, and in Base64, alone or within something longer. What
 * is looked through is bytes as latin1, and so whatever else they are stays as it is.
 */

/** Finds each spelling of each; undefined for none. Linear in what is looked through. */
export function spellingsOf(secrets: readonly string[]): RegExp | undefined {
  if (secrets.length === 0) return undefined;
  // The longest first: of two that begin alike, the shorter would leave the rest of the longer.
  const patterns = secrets
    .toSorted((a, b) => b.length - a.length)
    .flatMap((secret) => [...base64Of(secret), spelled(secret)]);
  return new RegExp(patterns.join("|"), "g");
}

function spelled(secret: string): string {
  const pieces = secret.toWellFormed().match(/\\+|./gsu) ?? [];
  return pieces
    .map((piece, at) =>
      isBackslashes(piece)
        ? spellBackslashes(piece.length)
        : spell(piece, isBackslashes(pieces[at - 1]) ? fewSlashes : slashes),
    )
    .join("");
}

function isBackslashes(piece: string | undefined): boolean {
  return piece?.startsWith("\\") ?? false;
}

/** A run of them as one: what is JSON in JSON in a text has four for each, and a part of a run would escape what is behind it. */
function spellBackslashes(count: number): string {
  const ways = [
    ...[4, 2, 1].map((times) => `\\\\{${times * count}}`),
    `(?:%(?:25){0,2}5[cC]){${count}}`,
    `(?:${slashes}u005[cC]){${count}}`,
  ];
  return `(?:${ways.join("|")})`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "amp|#38",
  "<": "lt|#60",
  ">": "gt|#62",
  '"': "quot|#34",
  "'": "apos|#0?39",
};

/** What no encoding has a reason to write otherwise is written once: long secrets are found as fast as a word. */
function spell(char: string, escape = slashes): string {
  if (/^[\w.~-]$/.test(char)) return char === "." ? "\\." : char;
  const bytes = [...Buffer.from(char, "utf8")];
  const ways = [
    literal(String.fromCharCode(...bytes)),
    // A header is latin1 as it is.
    ...(char.charCodeAt(0) > 0x7f && char.charCodeAt(0) <= 0xff ? [literal(char)] : []),
    // Encoded once more: `%252F`.
    bytes.map((byte) => `%(?:25){0,2}${anyCase(hex(byte, 2))}`).join(""),
    // All backslashes that stand before it: one that stayed would escape something else.
    Array.from(
      { length: char.length },
      (_, at) => `${at === 0 ? escape : slashes}u${anyCase(hex(char.charCodeAt(at), 4))}`,
    ).join(""),
    ...(char === '"' || char === "/" ? [escape + char] : []),
    ...(char === " " ? ["\\+"] : []),
    ...(entities[char] === undefined ? [] : [`&(?:${entities[char]});`]),
  ];
  return `(?:${ways.join("|")})`;
}

/** From the first of a run on: else a long run would be gone through once for each of it. */
const slashes = "(?<!\\\\)\\\\+";
/** What is left of a run in the middle of a secret, behind backslashes of its own: one, or three in JSON in JSON. */
const fewSlashes = "\\\\{1,3}";

/** Where it stands in what was encoded decides how it looks: three ways (RFC 4648 §4 and §5). */
function base64Of(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, "utf8");
  return [0, 2, 3].map((first, before) => {
    const whole = Math.floor(((before + bytes.length) * 8) / 6);
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .slice(first, whole);
    return text.replaceAll(/[+/]/g, (char) => `(?:${char === "+" ? "-" : "_"}|${spell(char)})`);
  });
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

function anyCase(digits: string): string {
  return digits.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
