import fc from "fast-check";
import { expect, test } from "vitest";
import { visible } from "./visible.ts";
import { codePoint } from "./testing.ts";

test.each([
  ["plain text, with breaks\n\tand tabs, é 漢 🙂", "plain text, with breaks\n\tand tabs, é 漢 🙂"],
  ["zero\u200bwidth\u200d\ufeff", "zero\\u{200B}width\\u{200D}\\u{FEFF}"],
  ["turned \u202egnp.exe\u2066", "turned \\u{202E}gnp.exe\\u{2066}"],
  ["tags \u{e0041}\u{e007f}", "tags \\u{E0041}\\u{E007F}"],
  ["variation \ufe0f\u{e0100}", "variation \\u{FE0F}\\u{E0100}"],
  ["terminal \u001b[2K\r\u0007", "terminal \\u{1B}[2K\\u{D}\\u{7}"],
  ["fillers \u3164\u115f\u2800\u00ad", "fillers \\u{3164}\\u{115F}\\u{2800}\\u{AD}"],
  ["spaces \u00a0\u2003\u2028", "spaces \\u{A0}\\u{2003}\\u{2028}"],
  ["halves \ud800", "halves \\u{D800}"],
  ["private \ue000", "private \\u{E000}"],
  ["looks like \\u{200B}", "looks like \\\\u{200B}"],
  ["a\\\u200b, C:\\dir\\", "a\\\\\\u{200B}, C:\\dir\\"],
])("%j", (text, shown) => {
  expect(visible(text)).toBe(shown);
});

/** What it was made of: an odd backslash is one of `visible`, the others were doubled. */
function decoded(shown: string): string {
  return shown
    .replaceAll(/(\\*)u\{([0-9A-F]*)/g, (_, slashes: string, code: string) => {
      const half = slashes.slice(0, Math.floor(slashes.length / 2));
      return slashes.length % 2 === 0
        ? `${half}u{${code}`
        : half + String.fromCodePoint(Number.parseInt(code, 16)) + mark;
    })
    .replaceAll(`${mark}}`, "");
}

/** Stands between a decoded character and the brace that ended it. */
const mark = "<END>";

const pieces = fc.constantFrom("\\", "u{", "}", "200B", "\u200b", "a", "\n", "\u202e");

test("nothing that shows is lost, nothing that does not is left, and no two texts look alike", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: codePoint }),
        fc.array(pieces).map((all) => all.join("")),
      ),
      (text) => {
        const shown = visible(text);
        expect(/[\u200b\u202e\p{Cc}]/u.test(shown.replaceAll(/[\n\t]/g, ""))).toBe(false);
        expect(visible(text) === visible(`${text}\u200b`)).toBe(false);
        expect(decoded(shown)).toBe(text);
      },
    ),
    { numRuns: 500 },
  );
});
