/**
 * What the company's evaluators say of a request. No answer is no yes: rules that look at it then come to the stricter
 * outcome.
 */
import { isDeepStrictEqual } from "node:util";
import type { ChangeFeed } from "@castellan/database";
import type { Vault } from "@castellan/vault";
import type { JWK } from "jose";
import type { Caller, Connection } from "../facts/facts.ts";
import { Evaluation, type EvaluationOptions } from "./evaluation.ts";
import { evaluatorsTopic, type EvaluatorStore } from "./evaluator-store.ts";
import { deriveSigningKey } from "./signing-key.ts";

export interface PosturesOptions extends Omit<EvaluationOptions, "signingKey" | "closed"> {
  readonly store: Pick<EvaluatorStore, "list">;
  /** Carries the topic `evaluators`. It must outlive them. */
  readonly changes: Pick<ChangeFeed, "on">;
  readonly vault: Pick<Vault, "mac">;
}

/** By slug, of those that gave an answer. */
export type Answers = Readonly<Record<string, boolean>>;

export interface Postures extends AsyncDisposable {
  /** Public keys with which evaluators check what asks them: to be served at `evaluationKeysPath`. */
  readonly keySet: { readonly keys: readonly JWK[] };
  /** What is known of these (slugs) without asking anybody; undefined: somebody has to be asked. */
  known(slugs: readonly string[], caller: Caller, connection: Connection): Answers | undefined;
  /** Asks these at once. Never rejects, and takes no longer than twice the slowest one's time. */
  ask(slugs: readonly string[], caller: Caller, connection: Connection): Promise<Answers>;
}

export async function createPostures({
  store,
  changes,
  vault,
  ...options
}: PosturesOptions): Promise<Postures> {
  const signingKey = await deriveSigningKey(vault);
  const closing = new AbortController();
  const evaluation: EvaluationOptions = { ...options, signingKey, closed: closing.signal };
  let ready: ReadonlyMap<string, Evaluation> = new Map();
  let loading: Promise<void> = Promise.resolve();

  /** One after the other: what was read earlier must not replace what was read later. */
  function load(): Promise<void> {
    const loaded = loading.then(async () => {
      const found = await store.list();
      ready = new Map(
        found.map((evaluator) => {
          const before = ready.get(evaluator.slug);
          // What it said lately holds on where nothing has changed.
          const isSame = isDeepStrictEqual(before?.evaluator, evaluator);
          return [evaluator.slug, isSame && before ? before : new Evaluation(evaluator, evaluation)];
        }),
      );
    });
    loading = loaded.catch(() => undefined);
    return loaded;
  }

  const stopFollowing = changes.on(evaluatorsTopic, load);
  try {
    await load();
  } catch (error) {
    stopFollowing();
    throw error;
  }

  const named = (slugs: readonly string[]) => slugs.flatMap((slug) => ready.get(slug) ?? []);
  return {
    keySet: { keys: [signingKey.publicJwk] },

    known(slugs, caller, connection) {
      const held = named(slugs).map((one) => [one, one.heldOf(caller, connection)] as const);
      const isComplete = held.every(([one, said]) => said !== undefined || one.isSilent);
      return isComplete ? toAnswers(held) : undefined;
    },

    async ask(slugs, caller, connection) {
      const asked = named(slugs).map(async (one) => [one, await one.ask(caller, connection)] as const);
      return toAnswers(await Promise.all(asked));
    },

    [Symbol.asyncDispose]: async () => {
      stopFollowing();
      closing.abort();
    },
  };
}

function toAnswers(said: readonly (readonly [Evaluation, boolean | undefined])[]): Answers {
  return Object.fromEntries(
    said.flatMap(([{ evaluator }, isGood]) => (isGood === undefined ? [] : [[evaluator.slug, isGood]])),
  );
}
