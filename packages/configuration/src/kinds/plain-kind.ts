/**
 * Kinds of resources that are their fields and no more: read all at once, compared field by field, written by one call of
 * their store. Of servers and portals there is more to say (`plan/`, `apply.ts`).
 */
import type { Groups, TrustedIssuerStore } from "@castellan/access";
import type { WebhookStore } from "@castellan/notices";
import type { ClientStore } from "@castellan/oauth";
import type { EvaluatorStore, PolicyStore } from "@castellan/policy";
import type { ProviderStore } from "@castellan/sign-in";
import type { ConfigurationDocument } from "../document/document.ts";

export const plainResourceKinds = [
  "group",
  "provider",
  "trusted_issuer",
  "client",
  "evaluator",
  "webhook",
  "policy",
] as const;

export type PlainResourceKind = (typeof plainResourceKinds)[number];

/** The stores of these kinds, all of them on one database, or within one transaction. */
export interface PlainStores {
  readonly groups: Groups;
  readonly providers: ProviderStore;
  readonly trustedIssuers: TrustedIssuerStore;
  readonly clients: ClientStore;
  readonly evaluators: EvaluatorStore;
  readonly webhooks: WebhookStore;
  readonly policies: PolicyStore;
}

/** One that is there. */
export interface PresentPlain<Entry extends object = object> {
  /** What a document calls it: a slug, `workforce Editors`. */
  readonly key: string;
  /** Another one that is called the same later has another. */
  readonly identity: string;
  readonly version: number;
  /** As a document would describe it, with every default in its place and without a secret. */
  readonly entry: Entry;
  /** Whether it has a secret. */
  readonly hasSecret?: boolean;
}

/** What is to be written. */
export interface PlainPut<Entry extends object = object> {
  readonly key: string;
  readonly entry: Entry;
  /** Undefined: as it is. Null: none. */
  readonly secret: string | null | undefined;
  /** Who applies. */
  readonly by: string;
  /** The file that manages it. */
  readonly file: string;
}

export interface PlainKind<Entry extends object = object> {
  readonly kind: PlainResourceKind;
  /** What a document says of the kind, by key. */
  wantedIn(document: ConfigurationDocument): [key: string, entry: Entry][];
  /** Where it stands in a document. */
  pathOf(key: string): string[];
  /** What an entry says that says nothing, as far as there is a default. */
  defaultsFor(key: string): object;
  /** Fields that never change: by them everything else is known, such as whose subjects an issuer names. */
  readonly fixed: readonly string[];
  /** Says who somebody is, and so who is an owner: an owner's to change. */
  readonly isOwners: boolean;
  /** The field that says where its secret is kept. */
  readonly secretField?: string;
  /** Addresses that the house will call for it, with their fields. */
  calls?(entry: Entry): { url: string; field: string; allowPrivate: readonly string[] }[];
  /** Throws `invalid_input` for what makes no whole. */
  assertSound?(entry: Entry): void;
  list(stores: PlainStores): Promise<PresentPlain<Entry>[]>;
  /** By key, as far as they can be had. */
  secretsOf?(stores: PlainStores, keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The identity of what was made. */
  add(stores: PlainStores, put: PlainPut<Entry>): Promise<string>;
  change(stores: PlainStores, put: PlainPut<Entry>, present: PresentPlain<Entry>): Promise<void>;
  remove(stores: PlainStores, present: PresentPlain<Entry>): Promise<void>;
}

/** Of what is known by a slug alone. */
export function identityOf({ slug, createdAt }: { slug: string; createdAt: Date }): string {
  return `${slug} ${createdAt.toISOString()}`;
}

/** Absent and undefined are one, as in a document. */
export function said(fields: object): object {
  return JSON.parse(JSON.stringify(fields)) as object;
}
