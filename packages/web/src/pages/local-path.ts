/**
 * Whether a text is the path of a page of ours, with its query: nothing that a browser reads as another address.
 * `//host`, `/\host` and a tab or line break between the slashes would be one (URL standard, §4.4).
 */
export function isLocalPath(text: string): boolean {
  return /^\/(?![/\\])[^\\\s\p{C}]*$/u.test(text);
}
