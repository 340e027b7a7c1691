/** How many columns a text takes on a terminal. */

/** East Asian wide and full-width forms, and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const marks = /^\p{M}/u;

const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of letters.segment(text)) width += letterWidth(segment);
  return width;
}

/** The text in at most so many columns, its cut end marked with "…". */
export function fit(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let width = 0;
  let kept = "";
  for (const { segment } of letters.segment(text)) {
    width += letterWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

function letterWidth(letter: string): number {
  if (wide.test(letter)) return 2;
  return marks.test(letter) ? 0 : 1;
}
