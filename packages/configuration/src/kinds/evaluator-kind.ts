/** Evaluators. Their keys are fetched when an answer is to be checked, not when a document is applied. */
import type { Evaluator } from "@castellan/policy";
import type { EvaluatorEntry } from "../document/document.ts";
import { evaluatorEntry } from "../document/evaluator-entry.ts";
import { said, type PlainKind } from "./plain-kind.ts";

export const evaluatorKind: PlainKind<EvaluatorEntry> = {
  kind: "evaluator",
  wantedIn: ({ evaluators }) => Object.entries(evaluators),
  pathOf: (slug) => ["evaluators", slug],
  defaultsFor: (slug) => {
    const { url: _, keysUrl: __, ...rest } = evaluatorEntry.parse({ url: "x", keysUrl: "x" });
    return { ...rest, title: slug };
  },
  fixed: [],
  isOwners: false,
  calls: ({ url, keysUrl, allowPrivate }) => [
    { url, field: "url", allowPrivate },
    { url: keysUrl, field: "keysUrl", allowPrivate },
  ],
  list: async ({ evaluators }) =>
    (await evaluators.list()).map((evaluator) => ({
      key: evaluator.slug,
      identity: evaluator.id,
      version: evaluator.version,
      entry: entryOf(evaluator),
    })),
  add: async ({ evaluators }, { key: slug, entry }) => (await evaluators.add({ ...entry, slug })).id,
  async change({ evaluators }, { key, entry }, { version }) {
    await evaluators.change(key, entry, version);
  },
  remove: ({ evaluators }, { key, version }) => evaluators.remove(key, version),
};

function entryOf({ title, url, keysUrl, allowPrivate, timeoutMs, cacheSeconds }: Evaluator): EvaluatorEntry {
  return said({ title, url, keysUrl, allowPrivate, timeoutMs, cacheSeconds }) as EvaluatorEntry;
}
