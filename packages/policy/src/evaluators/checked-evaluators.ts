/** What admins do with evaluators: both addresses are judged and the keys fetched before one is saved. */
import type { Outbound } from "@castellan/web";
import { loadEvaluatorKeys } from "./evaluator-keys.ts";
import { createEvaluatorStore, type EvaluatorStore, type EvaluatorStoreOptions } from "./evaluator-store.ts";
import type { EvaluatorFields } from "./evaluator.ts";

/** `add` and `change` throw `evaluator_unfit`, `evaluator_unavailable`, `outbound_refused`, `outbound_policy_invalid` as well. */
export function createCheckedEvaluators({
  outbound,
  ...options
}: EvaluatorStoreOptions & { readonly outbound: Pick<Outbound, "fetch" | "check"> }): EvaluatorStore {
  const store = createEvaluatorStore(options);
  /** Both addresses as they are spelled from then on. */
  const check = async (evaluator: EvaluatorFields) => {
    const url = outbound.check(evaluator.url, evaluator, "url").href;
    const keysUrl = outbound.check(evaluator.keysUrl, evaluator, "keysUrl").href;
    await loadEvaluatorKeys(evaluator, outbound);
    return { url, keysUrl };
  };
  return {
    ...store,
    async add(evaluator) {
      return store.add({ ...evaluator, ...(await check(evaluator)) });
    },
    async change(slug, change, ifMatch) {
      const before = await store.get(slug);
      const { url = before.url, keysUrl = before.keysUrl, allowPrivate = before.allowPrivate } = change;
      const isElsewhere = [change.url, change.keysUrl, change.allowPrivate].some((one) => one !== undefined);
      if (!isElsewhere) return store.change(slug, change, ifMatch);
      const addresses = await check({ ...before, url, keysUrl, allowPrivate });
      return store.change(slug, { ...change, ...addresses }, ifMatch);
    },
  };
}
