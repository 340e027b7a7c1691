/** The words of a text, as names and people write them: `searchIssues`, `search_issues` and "searching for issues" have the same. */
export function wordsOf(text: string, maxWords: number): readonly string[] {
  const words = new Set<string>();
  const start = text.slice(0, maxWords * 16).replaceAll(humps, "$1$3 $2$4");
  for (const word of start.toLowerCase().split(between)) {
    if (word !== "") words.add(stemOf(word.slice(0, maxWord)));
    if (words.size >= maxWords) break;
  }
  return [...words];
}

/** The words of a query: those that every text has say nothing, unless there are no others. */
export function termsOf(query: string, maxTerms: number): readonly string[] {
  const words = wordsOf(query, 4 * maxTerms);
  const telling = words.filter((word) => word.length > 1 && !common.has(word));
  return (telling.length > 0 ? telling : words).slice(0, maxTerms);
}

/** Other words that are said of the same thing: what one server adds, another creates. */
export function likeWords(word: string): readonly string[] {
  return likes.get(word) ?? [];
}

const maxWord = 40;
/** `searchIssues`, `v2Beta`, and `HTTPServer`, which begins a word with the last of its capitals. */
const humps = /([\p{Ll}\p{N}])(\p{Lu})|(\p{Lu})(\p{Lu}\p{Ll})/gu;
const between = /[^\p{L}\p{N}]+/u;
const common = new Set(
  "a all an and any are as at be by can do for from how i in into is it me my of on or our that the this to tool us want we what with you".split(
    " ",
  ),
);

/** What APIs do, each as its verbs. Nouns are their own: no list of them would be fair to all servers. */
const verbs = [
  "create add insert make new",
  "update change edit modify patch set",
  "delete remove drop",
  "get read fetch retrieve show view",
  "search find query",
  "send post",
  "run execute start trigger",
];
const likes = new Map(
  verbs.flatMap((line) => {
    const words = wordsOf(line, 20);
    return words.map((word) => [word, words.filter((one) => one !== word)]);
  }),
);

/** Plurals and forms of verbs are looked for as one thing: `tickets`, `queries`, `merging`, `created`. */
function stemOf(word: string): string {
  const plain = withoutPlural(word);
  const verb = /^(\w*[aeiouy]\w*?)(?:ing|(?<!e)ed)$/.exec(plain)?.[1] ?? "";
  if (verb.length > 2) return verb.replace(/([bdfgmnprt])\1$/, "$1");
  return plain.length > 4 && plain.endsWith("e") ? plain.slice(0, -1) : plain;
}

function withoutPlural(word: string): string {
  if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  return word.length > 3 && word.endsWith("s") && !/(?:s|u|i)s$/.test(word) ? word.slice(0, -1) : word;
}
