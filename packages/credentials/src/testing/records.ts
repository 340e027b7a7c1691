/** Where `oidc-provider` keeps what it makes: in memory, for as long as a test runs, with a hand on all of it. */
import type { Adapter, AdapterPayload } from "oidc-provider";

export interface Records {
  readonly adapter: (model: string) => Adapter;
  put(model: string, id: string, payload: AdapterPayload): void;
  /** Forgets what there is of a model, as far as it is meant. */
  forget(model: string, isMeant?: (payload: AdapterPayload) => boolean): void;
}

export function createRecords(): Records {
  const kept = new Map<string, Map<string, AdapterPayload>>();
  const of = (model: string) => {
    const there = kept.get(model) ?? new Map<string, AdapterPayload>();
    kept.set(model, there);
    return there;
  };
  const forget: Records["forget"] = (model, isMeant = () => true) => {
    for (const [id, payload] of of(model)) if (isMeant(payload)) of(model).delete(id);
  };
  return {
    put: (model, id, payload) => void of(model).set(id, payload),
    forget,
    adapter: (model) => ({
      upsert: async (id, payload) => void of(model).set(id, payload),
      find: async (id) => of(model).get(id),
      findByUid: async (uid) => [...of(model).values()].find((payload) => payload.uid === uid),
      findByUserCode: async (code) => [...of(model).values()].find((payload) => payload.userCode === code),
      consume: async (id) => {
        const payload = of(model).get(id);
        if (payload) payload.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => void of(model).delete(id),
      revokeByGrantId: async (grantId) => {
        for (const each of kept.keys()) forget(each, (payload) => payload.grantId === grantId);
      },
    }),
  };
}
