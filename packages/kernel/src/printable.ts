/** Control, format (bidirectional overrides) and unassigned characters, line separators, lone surrogates. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u;

/** Whether a text is one line that shows as what it is anywhere, and can be stored: PostgreSQL takes no U+0000. */
export function isPrintable(text: string): boolean {
  return !unprintable.test(text);
}
