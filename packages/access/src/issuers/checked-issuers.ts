/** What admins do with trusted issuers: the keys of each are fetched before it is saved. */
import type { Outbound } from "@castellan/web";
import { loadIssuerKeys } from "./issuer-keys.ts";
import {
  createTrustedIssuerStore,
  type TrustedIssuerStore,
  type TrustedIssuerStoreOptions,
} from "./issuer-store.ts";

/** `add` and `change` throw `issuer_unfit`, `issuer_unavailable`, `outbound_refused`, `outbound_policy_invalid` as well. */
export function createCheckedIssuers({
  outbound,
  ...options
}: TrustedIssuerStoreOptions & { readonly outbound: Pick<Outbound, "fetch" | "check"> }): TrustedIssuerStore {
  const store = createTrustedIssuerStore(options);
  return {
    ...store,
    async add(issuer) {
      await loadIssuerKeys({ ...issuer, outbound });
      return store.add(issuer);
    },
    async change(slug, change, ifMatch) {
      const { issuer, allowPrivate, jwksUri } = await store.get(slug);
      const isOther =
        change.allowPrivate !== undefined || change.jwksUri !== undefined || change.isEnabled === true;
      if (isOther)
        await loadIssuerKeys({
          issuer,
          jwksUri: change.jwksUri === undefined ? jwksUri : (change.jwksUri ?? undefined),
          allowPrivate: change.allowPrivate ?? allowPrivate,
          outbound,
        });
      return store.change(slug, change, ifMatch);
    },
  };
}
