/**
 * Tools by relevance to some words. What stands in a name counts more than what stands in a description (platform-features §4.3), a whole word
 * more than the beginning of one, and that more than the middle of one; a word that few tools have counts more than one that many have.
 * It is made of the tools of one scope and nothing else: whose scope it is learns nothing of others, neither by what is found nor by its rank.
 */
import { inTurns, nextTurn } from "./turns.ts";
import { likeWords, termsOf, wordsOf } from "./words.ts";

export interface IndexedTool {
  readonly identifier: string;
  readonly publicName: string;
  /** What its server calls it. */
  readonly ownName: string;
  readonly server: string;
  /** The words of its description and of its arguments' names, and how many characters were read for them. */
  describe(): {
    readonly words: readonly string[];
    readonly argumentWords: readonly string[];
    readonly length: number;
  };
}

export interface Ranked {
  /** Place in what was indexed. */
  readonly at: number;
  readonly score: number;
}

export interface Ranking {
  /** Best first, those of one score in the order in which they were indexed. */
  readonly best: readonly Ranked[];
  /** How many there are without the limit. */
  readonly total: number;
}

export interface ToolIndex {
  /** No words: nothing. In turns with others. */
  rank(query: string, limit: number): Promise<Ranking>;
}

/** Of a name as it is called, as its server calls it, of the server, of the description, and of the arguments' names. */
const weights = [10, 12, 6, 5, 2] as const;
const fieldCount = weights.length;
/** Bits of fields: all of them, and those that are names. */
const inAll = 32;
const inNames = 7;
const factors = { whole: 10, beginning: 6, like: 5, middle: 3 } as const;
const sameName = 1000;
const maxTerms = 8;
const maxNameWords = 24;
/** What one is counted as, in characters that are read. */
const costOfWord = 32;
/** Words that a term may be the beginning of. */
const maxBeginnings = 2000;

/** In turns with others. */
export async function createToolIndex(tools: readonly IndexedTool[]): Promise<ToolIndex> {
  const words = new Words();
  const byName = new Map<string, number[]>();
  await inTurns(tools.entries(), ([at, tool]) => {
    const { identifier, publicName, ownName, server } = tool;
    const described = tool.describe();
    words.add(at, [
      wordsOf(publicName, maxNameWords),
      wordsOf(ownName, maxNameWords),
      wordsOf(server, maxNameWords),
      described.words,
      described.argumentWords,
    ]);
    for (const name of new Set([identifier, publicName, ownName].map((one) => one.toLowerCase())))
      listIn(byName, name).push(at);
    return described.length + costOfWord * (described.words.length + described.argumentWords.length);
  });

  return {
    async rank(query, limit) {
      const scores = await scoresOf(query, words, tools.length);
      for (const at of byName.get(query.trim().toLowerCase()) ?? [])
        scores[at] = (scores[at] ?? 0) + sameName;
      const places = tools.keys().filter((at) => (scores[at] ?? 0) > 0);
      const ranked = [...places].toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
      const best = ranked.slice(0, limit).map((at) => ({ at, score: Math.round(scores[at] ?? 0) }));
      return { best, total: ranked.length };
    },
  };
}

/** By place. */
async function scoresOf(query: string, words: Words, count: number): Promise<Float64Array> {
  const scores = new Float64Array(count);
  const covered = new Float64Array(count);
  let whole = 0;
  for (const term of termsOf(query, maxTerms)) {
    await nextTurn();
    const found = words.find(term, count);
    const rarity = Math.log(1 + count / Math.max(1, found.places.length));
    whole += rarity;
    for (const at of found.places) {
      let score = 0;
      for (let field = 0; field < fieldCount; field++)
        score += (found.factors[at * fieldCount + field] ?? 0) * (weights[field] ?? 0);
      scores[at] = (scores[at] ?? 0) + (rarity * score) / factors.whole;
      covered[at] = (covered[at] ?? 0) + rarity;
    }
  }
  // Who has all the words is ahead of who has one of them often.
  return scores.map((score, at) => (whole > 0 ? (score * (covered[at] ?? 0)) / whole : 0));
}

interface Found {
  /** Tools that have it, each once. */
  readonly places: readonly number[];
  /** The best way in which it is in each field of each tool. */
  readonly factors: Uint8Array;
}

/** Which tools have a word: the place of each, and below it the fields that the word stands in as bits. */
type Postings = number[];

class Words {
  readonly #postings = new Map<string, Postings>();
  readonly #names = new Set<string>();
  /** By their first two characters. */
  readonly #byBeginning = new Map<string, string[]>();

  add(at: number, fields: readonly (readonly string[])[]): void {
    const bits = new Map<string, number>();
    for (const [field, words] of fields.entries())
      for (const word of words) bits.set(word, (bits.get(word) ?? 0) | (1 << field));
    for (const [word, inFields] of bits) {
      if (inFields & inNames) this.#names.add(word);
      const known = this.#postings.get(word);
      if (!known) listIn(this.#byBeginning, word.slice(0, 2)).push(word);
      if (known) known.push(at * inAll + inFields);
      else this.#postings.set(word, [at * inAll + inFields]);
    }
  }

  /** For each of so many tools and each field the best way in which the term is in it. */
  find(term: string, count: number): Found {
    const best = new Uint8Array(count * fieldCount);
    const isFound = new Uint8Array(count);
    const places: number[] = [];
    const take = (word: string, factor: number) => {
      for (const posting of this.#postings.get(word) ?? []) {
        const at = Math.floor(posting / inAll);
        if (isFound[at] === 0) {
          isFound[at] = 1;
          places.push(at);
        }
        for (let field = 0; field < fieldCount; field++) {
          const place = at * fieldCount + field;
          if (posting & (1 << field) && (best[place] ?? 0) < factor) best[place] = factor;
        }
      }
    };
    take(term, factors.whole);
    for (const word of likeWords(term)) take(word, factors.like);
    if (term.length > 1) for (const word of this.#beginningWith(term)) take(word, factors.beginning);
    if (term.length > 2)
      for (const word of this.#names) if (word.includes(term, 1)) take(word, factors.middle);
    return { places, factors: best };
  }

  #beginningWith(term: string): readonly string[] {
    const some: string[] = [];
    for (const word of this.#byBeginning.get(term.slice(0, 2)) ?? []) {
      if (word.startsWith(term)) some.push(word);
      if (some.length === maxBeginnings) break;
    }
    return some;
  }
}

function listIn<Item>(lists: Map<string, Item[]>, key: string): Item[] {
  const known = lists.get(key);
  if (known) return known;
  const made: Item[] = [];
  lists.set(key, made);
  return made;
}
