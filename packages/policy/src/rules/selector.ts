/**
 * What a rule looks at. A selector is an object with one member, so that it reads alike in JSON, YAML and on the command
 * line. Each is about one of three things, which are known at different times:
 *
 * - **who**: known when somebody signs in, and again whenever something about them changes;
 * - **where**: how a request reached us; looked at with every request;
 * - **what**: the call itself and its moment; looked at with every call.
 */

export interface TimeWindow {
  /** Days on which the window begins: `mon` … `sun`. Absent: every day. */
  readonly days?: readonly Day[] | undefined;
  /** `HH:MM`, from then on. */
  readonly from: string;
  /** `HH:MM`, until just before. Earlier than `from`: on the next day. `24:00` is the end of the day. */
  readonly to: string;
  /** An IANA time zone: `Europe/Berlin`. */
  readonly zone: string;
}

export const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof days)[number];

/** What an identity provider said of somebody at their last sign-in (OIDC claims), as far as the provider's entry keeps it. */
export interface ClaimSelector {
  /** The provider's or trusted issuer's slug. */
  readonly provider: string;
  readonly name: string;
  /** The claim is this, or has this among its values. Compared as text, to the letter. */
  readonly equals: string;
}

export interface SelectorValues {
  // who
  /** Everybody that the gate lets in. */
  readonly everyone: true;
  /** An e-mail address, in lower case. */
  readonly email: string;
  /** The part of an e-mail address after the `@`, to the letter: `example.com` is not `eu.example.com`. */
  readonly emailDomain: string;
  /** The name of a group of the portal's directory. */
  readonly group: string;
  readonly claim: ClaimSelector;
  /** How they signed in: the slug of a provider or trusted issuer, or `local`. */
  readonly loginMethod: string;
  /** By what they proved who they are: a value of `amr` (RFC 8176), such as `mfa`, `hwk`, `otp`. */
  readonly authenticationMethod: string;
  /** The id of a service token, or `any`. */
  readonly serviceToken: string;
  /** The OAuth client that calls for somebody, or for itself: its id. */
  readonly client: string;
  /** Whoever comes without a token to a portal that takes such callers. */
  readonly public: true;
  // where
  /** An address or CIDR range. */
  readonly ip: string;
  /** ISO 3166-1 alpha-2, upper case; `ZZ`: not known (private addresses, too). */
  readonly country: string;
  /** A client certificate that is valid: any, or one of this common name. */
  readonly certificate: "valid" | { readonly commonName: string };
  /** An external evaluation said yes: the slug of an evaluator. */
  readonly posture: string;
  // what
  readonly time: TimeWindow;
  /** CEL over `caller`, `connection`, `call` and `now`; a boolean. */
  readonly expression: string;
}

export type SelectorKind = keyof SelectorValues;

/** An object with exactly one of the members. */
export type Selector = {
  [Kind in SelectorKind]: { readonly [Member in Kind]: SelectorValues[Kind] };
}[SelectorKind];

/** When what a selector looks at is known, at the latest: an expression that looks at less is looked at sooner. */
export type SelectorTime = "who" | "where" | "what";

export const selectorTimes: Readonly<Record<SelectorKind, SelectorTime>> = {
  everyone: "who",
  email: "who",
  emailDomain: "who",
  group: "who",
  claim: "who",
  loginMethod: "who",
  authenticationMethod: "who",
  serviceToken: "who",
  client: "who",
  public: "who",
  ip: "where",
  country: "where",
  certificate: "where",
  posture: "where",
  time: "what",
  expression: "what",
};
