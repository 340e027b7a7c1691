/** Trusted issuers. Their keys are fetched when a token is to be checked, not when a document is applied. */
import { signingAlgorithms, type TrustedIssuer } from "@castellan/access";
import type { IssuerEntry } from "../document/document.ts";
import { issuerEntry } from "../document/issuer-entry.ts";
import { identityOf, said, type PlainKind } from "./plain-kind.ts";

export const issuerKind: PlainKind<IssuerEntry> = {
  kind: "trusted_issuer",
  wantedIn: ({ trustedIssuers }) => Object.entries(trustedIssuers),
  pathOf: (slug) => ["trustedIssuers", slug],
  defaultsFor: (slug) => {
    const { issuer: _, audience: __, ...rest } = issuerEntry.parse({ issuer: "x", audience: "x" });
    return { ...rest, title: slug };
  },
  fixed: ["issuer", "directory"],
  isOwners: true,
  calls: ({ issuer, jwksUri, allowPrivate }) => [
    { url: issuer, field: "issuer", allowPrivate },
    ...(jwksUri === undefined ? [] : [{ url: jwksUri, field: "jwksUri", allowPrivate }]),
  ],
  list: async ({ trustedIssuers }) =>
    (await trustedIssuers.list()).map((issuer) => ({
      key: issuer.slug,
      identity: identityOf(issuer),
      version: issuer.version,
      entry: entryOf(issuer),
    })),
  add: async ({ trustedIssuers }, { key: slug, entry }) =>
    identityOf(await trustedIssuers.add({ ...entry, slug })),
  async change({ trustedIssuers }, { key, entry }, { version }) {
    const { issuer: _, directory: __, ...rest } = entry;
    const change = {
      ...rest,
      jwksUri: rest.jwksUri ?? null,
      groupMap: rest.groupMap ?? null,
      scopesClaim: rest.scopesClaim ?? null,
      claims: { ...rest.claims, groups: rest.claims.groups ?? null },
    };
    await trustedIssuers.change(key, change, version);
  },
  remove: ({ trustedIssuers }, { key, version }) => trustedIssuers.remove(key, version),
};

function entryOf(issuer: TrustedIssuer): IssuerEntry {
  const { slug: _, version: __, createdAt: ___, updatedAt: ____, ...fields } = issuer;
  const algorithms = signingAlgorithms.filter((one) => issuer.algorithms.includes(one));
  return { ...said(fields), algorithms } as IssuerEntry;
}
