/** What is said of somebody else's claims on the command line, as the API takes it for providers and trusted issuers. */
import type { NewTrustedIssuer, TrustedIssuer } from "@castellan/client";
import { cliFaults } from "../faults.ts";
import { parsePair } from "./pair.ts";
import { claimWords } from "./words.ts";

export interface ClaimOptions {
  readonly title?: string;
  /** `email=mail` */
  readonly claim?: readonly string[];
  /** `their-name=ours`; false: all of theirs, as they are. */
  readonly groupMap?: readonly string[] | false;
  readonly groupPrefix?: string | false;
  readonly domain?: readonly string[] | false;
  readonly verifiedEmail?: boolean;
  /** False: none. */
  readonly keepClaim?: readonly string[] | false;
  readonly createUsers?: boolean;
  readonly linkByEmail?: boolean;
  readonly allowPrivate?: readonly string[];
  readonly enabled?: boolean;
}

/** Without what a new one takes otherwise than a change: see `newClaims` and `changedClaims`. Fault: `usage_invalid`. */
export function claimSettings(options: ClaimOptions) {
  const { title, groupPrefix, domain, allowPrivate } = options;
  return {
    title,
    groupPrefix: groupPrefix === false ? "" : groupPrefix,
    allowedDomains: domain === false ? [] : domain,
    requiresVerifiedEmail: options.verifiedEmail,
    keptClaims: options.keepClaim === false ? [] : options.keepClaim,
    createsUsers: options.createUsers,
    linksByEmail: options.linkByEmail,
    allowPrivate,
    isEnabled: options.enabled,
  };
}

type NamedClaims = NonNullable<NewTrustedIssuer["claims"]>;

/** `groups=`: it says nothing of groups any more. Fault: `usage_invalid`. */
export function changedClaims(options: ClaimOptions) {
  const claims = namedClaims(options);
  const { groups, ...others } = claims ?? {};
  return {
    claims: claims && { ...others, ...(groups !== undefined && { groups: groups === "" ? null : groups }) },
    groupMap: options.groupMap === false ? null : parseGroupMap(options.groupMap),
  };
}

/** Fault: `usage_invalid`. */
export function newClaims(options: ClaimOptions) {
  return { claims: namedClaims(options), groupMap: parseGroupMap(options.groupMap || undefined) };
}

function namedClaims({ claim }: ClaimOptions): NamedClaims | undefined {
  if (claim === undefined) return undefined;
  const pairs = claim.map((text) => parsePair(text, "--claim"));
  const odd = pairs.find(([name]) => !(claimWords as readonly string[]).includes(name));
  if (odd)
    throw cliFaults.fault(
      "usage_invalid",
      `--claim names ${claimWords.join(", ")}, not ${JSON.stringify(odd[0])}`,
    );
  return Object.fromEntries(pairs);
}

function parseGroupMap(texts: readonly string[] | undefined): Record<string, string> | undefined {
  return texts && Object.fromEntries(texts.map((text) => parsePair(text, "--group-map", { at: "last" })));
}

/** For people, where it is not as it would be without anything said. */
export function claimDetails(
  one: Omit<TrustedIssuer, "audience" | "algorithms">,
): Record<string, string | undefined> {
  const { subject, email, name, groups } = one.claims;
  return {
    Directory: one.directory,
    Enabled: one.isEnabled ? "yes" : "no",
    Claims: `subject=${subject}, email=${email}, name=${name}, groups=${groups ?? "(not told)"}`,
    "Group map": one.groupMap && (pairsOf(one.groupMap) || "none of theirs"),
    "Group prefix": one.groupPrefix || undefined,
    Domains: one.allowedDomains.join(", ") || undefined,
    "Kept claims": one.keptClaims.join(", ") || undefined,
    "New people": one.createsUsers ? "are made here" : "are not let in",
    "Known by e-mail": one.linksByEmail ? "yes" : undefined,
    "E-mail counts": one.requiresVerifiedEmail ? undefined : "whether verified or not",
    "Allowed private": one.allowPrivate.join(", ") || undefined,
  };
}

function pairsOf(map: Readonly<Record<string, string>>): string {
  return Object.entries(map)
    .map(([theirs, ours]) => `${theirs}=${ours}`)
    .join(", ");
}
