/** Kinds of definitions, from what is said on the command line to what the API calls them, and back. */
import { cliFaults } from "../faults.ts";
import { definitionKindWords, kinds, type KindWord } from "./kind-words.ts";

/** As the API calls them. */
export type Kind = (typeof kinds)[KindWord];

export function toKind(word: KindWord): Kind {
  return kinds[word];
}

/** `template` for `resource_template`. */
export function kindWord(kind: Kind): KindWord {
  return kind === "resource_template" ? "template" : kind;
}

const words: Readonly<Record<string, Kind>> = {
  tools: "tool",
  prompts: "prompt",
  resources: "resource",
  templates: "resource_template",
  instructions: "instructions",
};

/** `tools`, `prompts`, … or `all`; one of a kind is understood as well. Fault: `usage_invalid`. */
export function parseKinds(given: readonly string[], option: string): Kind[] {
  if (given.length === 1 && given[0] === "all") return Object.values(kinds);
  return [...new Set(given.map((word) => toKindOf(word, option)))];
}

function toKindOf(word: string, option: string): Kind {
  const plural = Object.hasOwn(words, word) ? word : `${word}s`;
  const kind = Object.hasOwn(words, plural) ? words[plural] : undefined;
  if (kind !== undefined) return kind;
  throw cliFaults.fault(
    "usage_invalid",
    `${option} must be some of ${Object.keys(words).join(", ")}, or all`,
  );
}

/** For people: `tools, templates`, or `all`. */
export function kindTexts(chosen: readonly Kind[]): string {
  if (chosen.length === definitionKindWords.length) return "all";
  return Object.entries(words)
    .flatMap(([word, kind]) => (chosen.includes(kind) ? [word] : []))
    .join(", ");
}
