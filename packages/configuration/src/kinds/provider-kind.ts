/** Providers that people sign in with. They are asked what they publish when somebody comes, not when a document is applied. */
import type { Provider } from "@castellan/sign-in";
import type { ProviderEntry } from "../document/document.ts";
import { providerEntry } from "../document/provider-entry.ts";
import { identityOf, said, type PlainKind } from "./plain-kind.ts";

export const providerKind: PlainKind<ProviderEntry> = {
  kind: "provider",
  wantedIn: ({ providers }) => Object.entries(providers),
  pathOf: (slug) => ["providers", slug],
  defaultsFor: (slug) => {
    const { issuer: _, clientId: __, ...rest } = providerEntry.parse({ issuer: "x", clientId: "x" });
    return { ...rest, title: slug };
  },
  fixed: ["issuer", "directory"],
  isOwners: true,
  secretField: "clientSecret",
  calls: ({ issuer, allowPrivate }) => [{ url: issuer, field: "issuer", allowPrivate }],
  list: async ({ providers }) =>
    (await providers.list()).map((provider) => ({
      key: provider.slug,
      identity: identityOf(provider),
      version: provider.version,
      entry: entryOf(provider),
      hasSecret: provider.hasClientSecret,
    })),
  secretsOf: ({ providers }, slugs) => providers.secretsOf(slugs),
  async add({ providers }, { key: slug, entry, secret }) {
    const { clientSecret: _, ...fields } = entry;
    return identityOf(await providers.add({ ...fields, slug, clientSecret: secret ?? undefined }));
  },
  async change({ providers }, { key, entry, secret }, { version }) {
    const { issuer: _, directory: __, clientSecret: ___, ...rest } = entry;
    const change = {
      ...rest,
      clientSecret: secret,
      groupMap: rest.groupMap ?? null,
      claims: { ...rest.claims, groups: rest.claims.groups ?? null },
    };
    await providers.change(key, change, version);
  },
  remove: ({ providers }, { key, version }) => providers.remove(key, version),
};

function entryOf(provider: Provider): ProviderEntry {
  const {
    slug: _,
    version: __,
    createdAt: ___,
    updatedAt: ____,
    hasClientSecret: _____,
    ...fields
  } = provider;
  return said(fields) as ProviderEntry;
}
