/**
 * An identity provider of the company's (OpenID Connect) that people sign in with. GitHub is none: it speaks plain
 * OAuth, without ID tokens, and cannot be one.
 */
import type { ClaimNamesChange, ClaimRules, Directory } from "@castellan/access";

export interface NewProvider extends ClaimRules {
  /** It never changes: it stands in the address that the provider sends people back to. */
  readonly slug: string;
  /** On its button: "Continue with {title}". */
  readonly title: string;
  /** Whose people it proves. It never changes. */
  readonly directory: Directory;
  /** As it calls itself, to the letter. It never changes: another issuer calls other people by the same subject. */
  readonly issuer: string;
  /** What Castellan is called there. */
  readonly clientId: string;
  /** Absent: Castellan is a public client there. */
  readonly clientSecret?: string | undefined;
  /** Asked for beside `openid`. */
  readonly scopes: readonly string[];
  /** Whether somebody whom nobody knows becomes a person here. */
  readonly createsUsers: boolean;
  /** Whether somebody is whoever has that address here already. Without it only who was added and has not come yet. */
  readonly linksByEmail: boolean;
  /** Hosts, `host:port`, addresses or CIDRs that it may be at although they are not public. */
  readonly allowPrivate: readonly string[];
  readonly isEnabled: boolean;
}

export interface Provider extends Omit<NewProvider, "clientSecret"> {
  readonly hasClientSecret: boolean;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What is absent stays; null takes away. */
export interface ProviderChange {
  readonly title?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | null | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly claims?: ClaimNamesChange | undefined;
  readonly groupMap?: Readonly<Record<string, string>> | null | undefined;
  readonly groupPrefix?: string | undefined;
  readonly allowedDomains?: readonly string[] | undefined;
  readonly requiresVerifiedEmail?: boolean | undefined;
  readonly keptClaims?: readonly string[] | undefined;
  readonly createsUsers?: boolean | undefined;
  readonly linksByEmail?: boolean | undefined;
  readonly allowPrivate?: readonly string[] | undefined;
  readonly isEnabled?: boolean | undefined;
}

/** Where the provider sends people back to: one address for each, so that an answer of one is never taken for another's (RFC 9700 §4.4). */
export function callbackPath(slug: string): string {
  return `/sign-in/callback/${slug}`;
}
