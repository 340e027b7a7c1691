/**
 * One text for all names that a reader could take for one another: in any case, with hyphens, underscores, dots or
 * nothing between words, in letters of other forms (NFKC) or of the Cyrillic and Greek alphabets that look like
 * Latin ones (of the list of Unicode TR 39 those that stand in common fonts), with marks or signs that do not show,
 * with `I`, `1` or `l`, `O` or `0`.
 */
export function foldName(name: string): string {
  const folded = name.normalize("NFKC").toLowerCase().normalize("NFD");
  return folded
    .replaceAll(/[\p{Default_Ignorable_Code_Point}\p{C}\p{M}\p{Z}._-]/gu, "")
    .replaceAll(/[^\0-\x7f]/gu, (letter) => lookAlikes.get(letter) ?? letter)
    .replaceAll(/[i1|]/g, "l")
    .replaceAll("0", "o");
}

/** Lower-case letters, and the Latin ones that they look like. */
const lookAlikes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: "аα",
    b: "ьв",
    c: "сϲ",
    d: "ԁ",
    e: "еҽ",
    g: "ɡ",
    h: "һн",
    i: "іιı",
    j: "јϳ",
    k: "кκ",
    l: "ӏ",
    m: "м",
    n: "ո",
    o: "оοσօ",
    p: "рρ",
    q: "ԛ",
    r: "г",
    s: "ѕ",
    t: "тτ",
    u: "υս",
    v: "ν",
    w: "ԝω",
    x: "хχ",
    y: "уγү",
  }).flatMap(([latin, letters]) => [...letters].map((letter) => [letter, latin] as const)),
);
