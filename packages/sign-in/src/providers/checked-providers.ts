/** What admins do with providers: each is asked what it publishes before it is saved. */
import type { Outbound } from "@castellan/web";
import { discoverProvider } from "./connection.ts";
import { createProviderStore, type ProviderStore, type ProviderStoreOptions } from "./provider-store.ts";

/** `add` and `change` throw `issuer_unfit`, `issuer_unavailable`, `outbound_refused`, `outbound_policy_invalid` as well. */
export type CheckedProviders = Omit<ProviderStore, "inUse" | "secretsOf">;

export function createCheckedProviders({
  outbound,
  ...options
}: ProviderStoreOptions & { readonly outbound: Pick<Outbound, "fetch" | "check"> }): CheckedProviders {
  const { inUse: _, secretsOf: __, ...store } = createProviderStore(options);
  return {
    ...store,
    async add(provider) {
      await discoverProvider(provider, { outbound, allowPrivate: provider.allowPrivate });
      return store.add(provider);
    },
    async change(slug, change, ifMatch) {
      const { issuer, allowPrivate } = await store.get(slug);
      const isOther = change.allowPrivate !== undefined || change.isEnabled === true;
      if (isOther)
        await discoverProvider({ issuer }, { outbound, allowPrivate: change.allowPrivate ?? allowPrivate });
      return store.change(slug, change, ifMatch);
    },
  };
}
