/**
 * What a password must be (NIST SP 800-63B §3.1.1.2): long, and not one that everybody tries. Nothing is said about
 * digits and signs: such rules make passwords worse.
 */
import { kernelFaults } from "@castellan/kernel";

export const passwordLength = { min: 12, max: 128 } as const;

/** Whose password it is to be: what is known of them is tried first. */
export interface PasswordHolder {
  readonly email: string;
  readonly name: string;
}

/** The password as it is hashed: Unicode says some letters in two ways (NFKC). Fault: `invalid_input`. */
export function parsePassword(text: string, holder: PasswordHolder): string {
  const password = normalizePassword(text);
  const length = [...password].length;
  if (length < passwordLength.min)
    throw invalid(`must have at least ${passwordLength.min} characters. Several words in a row are good.`);
  if (length > passwordLength.max) throw invalid(`must have at most ${passwordLength.max} characters.`);
  if (new Set(password).size < minDistinct || leftover(password, holder).length < minLeftover)
    throw invalid(
      "is one that others guess first. Take words that have nothing to do with you or this site.",
    );
  return password;
}

export function normalizePassword(text: string): string {
  return text.normalize("NFKC");
}

const minDistinct = 5;
/** So much must be left when everything that is tried first is taken out. */
const minLeftover = 6;

const triedFirst = [
  "password",
  "passwort",
  "passw0rd",
  "p@ssw0rd",
  "castellan",
  "admin",
  "administrator",
  "welcome",
  "letmein",
  "changeme",
  "secret",
  "iloveyou",
  "dragon",
  "monkey",
  "football",
  "sunshine",
  "princess",
  "company",
  "test",
  "spring",
  "summer",
  "autumn",
  "winter",
];
/** Rows of keys and of the alphabet, forwards and backwards. */
const rows = ["qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "0123456789"];
const sequences = [...rows, "1q2w3e4r5t6y7u8i9o0p", "abcdefghijklmnopqrstuvwxyz"].flatMap((row) => [
  row,
  [...row].toReversed().join(""),
]);
const minRun = 4;
const minWord = 3;

function leftover(password: string, { email, name }: PasswordHolder): string {
  const own = [...email.split(/[@.+_-]/), ...name.split(/\s+/)];
  const words = [...triedFirst, ...own]
    .map((word) => word.toLowerCase())
    .filter((word) => word.length >= minWord);
  const bare = words
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, word) => text.replaceAll(word, " "), password.toLowerCase());
  return withoutRuns(bare).replaceAll(/\s/g, "");
}

/** `abcd`, `9876`, `aaaa` say as little as their first character. */
function withoutRuns(text: string): string {
  let left = "";
  for (let at = 0; at < text.length;) {
    const length = runAt(text, at);
    left += text[at];
    at += length;
  }
  return left;
}

function runAt(text: string, at: number): number {
  let longest = 1;
  while (text[at + longest] === text[at]) longest += 1;
  for (const row of sequences) {
    let length = longest;
    while (at + length < text.length && row.includes(text.slice(at, at + length + 1))) length += 1;
    longest = length;
  }
  return longest >= minRun ? longest : 1;
}

function invalid(rule: string): Error {
  return kernelFaults.fault("invalid_input", `The password ${rule}`, { field: "password" });
}
