/** A stranger's words in a comment, which they cannot end. */

/** One line, or nothing. Whatever does not show, or turns the direction of text, is taken out; an end of a comment cannot stand in it. */
export function commentText(text: unknown, maxLength: number): string {
  if (typeof text !== "string") return "";
  const line = text
    .slice(0, maxLength * 4)
    .replaceAll(/[\s\p{C}\p{Zl}\p{Zp}]+/gu, " ")
    .trim()
    .replaceAll("*/", "*\\/")
    .replaceAll("/*", "/\\*");
  return line.length > maxLength
    ? `${line
        .slice(0, maxLength - 1)
        .replace(/\\$/, "")
        .toWellFormed()}…`
    : line;
}
