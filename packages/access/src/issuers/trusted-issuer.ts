/** An authorization server of the company's own, whose JWTs portals take beside the tokens of the house (RFC 9068). */
import type { Directory } from "../people/user.ts";
import type { SigningAlgorithm } from "./algorithms.ts";
import type { ClaimNamesChange } from "./claims.ts";
import type { ClaimRules } from "./told-person.ts";

export interface NewTrustedIssuer extends ClaimRules {
  /** It never changes; portals name it so. */
  readonly slug: string;
  readonly title: string;
  /** Its `iss`, to the letter. It never changes: another issuer calls other people by the same subject. */
  readonly issuer: string;
  /** What `aud` must hold. */
  readonly audience: string;
  /** Where its keys are; absent: where its metadata say. */
  readonly jwksUri?: string | undefined;
  /** Where its people are. It never changes. */
  readonly directory: Directory;
  readonly algorithms: readonly SigningAlgorithm[];
  /** Whether somebody whom nobody knows becomes a person here. */
  readonly createsUsers: boolean;
  /** Whether somebody is whoever has that address here already. */
  readonly linksByEmail: boolean;
  /** The claim with scopes of ours (`scopes.ts`), in one text or a list. Absent: a token lets its holder do all that they may. */
  readonly scopesClaim?: string | undefined;
  /** Hosts, `host:port`, addresses or CIDRs that it may be at although they are not public. */
  readonly allowPrivate: readonly string[];
  readonly isEnabled: boolean;
}

export interface TrustedIssuer extends NewTrustedIssuer {
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What is absent stays; null takes away. */
export interface TrustedIssuerChange {
  readonly title?: string | undefined;
  readonly audience?: string | undefined;
  readonly jwksUri?: string | null | undefined;
  readonly claims?: ClaimNamesChange | undefined;
  readonly groupMap?: ClaimRules["groupMap"] | null;
  readonly groupPrefix?: string | undefined;
  readonly allowedDomains?: readonly string[] | undefined;
  readonly requiresVerifiedEmail?: boolean | undefined;
  readonly algorithms?: readonly SigningAlgorithm[] | undefined;
  readonly createsUsers?: boolean | undefined;
  readonly linksByEmail?: boolean | undefined;
  readonly scopesClaim?: string | null | undefined;
  readonly keptClaims?: readonly string[] | undefined;
  readonly allowPrivate?: readonly string[] | undefined;
  readonly isEnabled?: boolean | undefined;
}
