/**
 * Text as what it is, for whoever judges it: characters that do not show, that turn the direction of others, or that
 * a terminal obeys stand as `\u{200B}`. A line break and a tab stay. Backslashes before one of these, or before what
 * reads like one, are doubled: no two texts look alike.
 */
export function visible(text: string): string {
  return text.replaceAll(deceptive, (found) =>
    found[0] === "\\" ? found + found : `\\u{${(found.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`,
  );
}

/** Control, format, private, unassigned, lone surrogates; tags, variation selectors and fillers; spaces that are none. */
const hidden = String.raw`(?![\n\t])[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}`;
const deceptive = new RegExp(String.raw`${hidden}|(?<!\\)\\+(?=u\{|${hidden})`, "gu");
