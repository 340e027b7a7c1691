/**
 * Text from strangers (a tool's name, a server's message) on a terminal: nothing in it may move the
 * cursor, change colours or turn the line's direction.
 */
export function clean(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "\ufffd");
}
