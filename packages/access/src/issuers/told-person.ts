/**
 * What an issuer's claims say of a person, as far as an admin has said that it is to be believed. Claims are signed, and
 * hostile all the same: people choose their names and, in many directories, their addresses.
 */
import { isPrintable } from "@castellan/kernel";
import { accessFaults } from "../faults.ts";
import { isName, toEmail } from "../people/user-input.ts";
import { findClaim, textsOf, type ClaimNames, type Claims } from "./claims.ts";
import { readKeptClaims, type KeptClaims } from "./kept-claims.ts";

/** How an issuer's claims are read. */
export interface ClaimRules {
  readonly claims: ClaimNames;
  /** What it calls a group → what that is called here; groups that are not in it are left out. Absent: all are taken. */
  readonly groupMap?: Readonly<Record<string, string>> | undefined;
  /** Put before the names of groups that have no other name by `groupMap`, so that they are not taken for one's own. */
  readonly groupPrefix: string;
  /** Lower case. None: people of all domains. */
  readonly allowedDomains: readonly string[];
  /** Whether an address counts only with `email_verified`. False: the issuer's admin gives the addresses, not its people. */
  readonly requiresVerifiedEmail: boolean;
  /** Claims that are kept of people, for rules to look at: names, or paths (`findClaim`). At most 32. */
  readonly keptClaims: readonly string[];
}

export interface ToldPerson {
  readonly subject: string;
  /** Present when it is theirs. */
  readonly email?: string;
  readonly name?: string;
  /** Names of groups here, sorted; absent where the issuer is not asked for them. */
  readonly groups?: readonly string[];
  /** Those to be kept, as far as it says them. */
  readonly claims: KeptClaims;
}

const maxSubjectLength = 255;
const maxNameLength = 128;
const maxGroups = 1000;
/** Anybody may have an account there with any address; who is of a company has `hd` (Google, "OpenID Connect", `hd`). */
const googleIssuer = "https://accounts.google.com";

/** Throws `claims_refused`, saying what is missing. */
export function readPerson(claims: Claims, rules: ClaimRules, issuer: string): ToldPerson {
  const subject = findClaim(claims, rules.claims.subject);
  if (
    typeof subject !== "string" ||
    subject === "" ||
    subject.length > maxSubjectLength ||
    !isPrintable(subject)
  )
    throw refused(`there is no usable claim "${rules.claims.subject}", which is to name the person`);
  const email = readEmail(claims, rules);
  assertDomain(claims, { email, issuer, domains: rules.allowedDomains });
  const name = readName(claims, rules.claims.name);
  const groups =
    rules.claims.groups === undefined ? undefined : readGroups(claims, rules.claims.groups, rules);
  return {
    subject,
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
    ...(groups !== undefined && { groups }),
    claims: readKeptClaims(claims, rules.keptClaims),
  };
}

function readEmail(claims: Claims, { claims: names, requiresVerifiedEmail }: ClaimRules): string | undefined {
  const told = findClaim(claims, names.email);
  if (typeof told !== "string" || (requiresVerifiedEmail && !isVerified(claims, names.email)))
    return undefined;
  return toEmail(told);
}

/** OIDC Core §5.1 speaks of `email` alone. Some send the word in place of the value; Entra has a claim of its own. */
function isVerified(claims: Claims, name: string): boolean {
  if (name !== "email") return false;
  const told = [findClaim(claims, "email_verified"), findClaim(claims, "xms_edov")];
  return told.some((value) => value === true || value === "true");
}

function assertDomain(
  claims: Claims,
  { email, issuer, domains }: { email: string | undefined; issuer: string; domains: readonly string[] },
): void {
  if (domains.length === 0) return;
  if (email === undefined)
    throw refused("it does not say that the person has an e-mail address of their own");
  const ofEmail = email.slice(email.lastIndexOf("@") + 1);
  const isOf =
    domains.includes(ofEmail) &&
    (issuer !== googleIssuer || textsOf(claims["hd"]).some((hd) => domains.includes(hd)));
  if (!isOf) throw refused("the e-mail address is not of a domain whose people may come in");
}

/** One line, whatever it was; undefined where nothing is left of it. */
function readName(claims: Claims, claim: string): string | undefined {
  const [told = ""] = textsOf(findClaim(claims, claim));
  const characters = Array.from(told.slice(0, 4 * maxNameLength));
  const shown = characters.filter(isPrintable).join("").trim();
  const name = shown.slice(0, maxNameLength).toWellFormed().trim();
  return isName(name) ? name : undefined;
}

/** A claim that is not there names no group: issuers leave it out for whoever is in none. */
function readGroups(claims: Claims, claim: string, { groupMap, groupPrefix }: ClaimRules): readonly string[] {
  if (isElsewhere(claims, claim))
    throw refused(
      "the person is in more groups than its tokens name; its admin can have them name those of this application only",
    );
  const names = textsOf(findClaim(claims, claim)).flatMap((told) => {
    if (groupMap === undefined) return [groupPrefix + told];
    return Object.hasOwn(groupMap, told) ? [groupMap[told] as string] : [];
  });
  const groups = [...new Set(names)].filter(isName).toSorted();
  if (groups.length > maxGroups) throw refused(`it names more than ${maxGroups} groups`);
  return groups;
}

/** Entra's "groups overage": past 200 groups a token says where else to ask (OIDC Core §5.6.2). As none they would be lost silently. */
function isElsewhere(claims: Claims, claim: string): boolean {
  const elsewhere = claims["_claim_names"];
  if (claims["hasgroups"] === true || claims["hasgroups"] === "true") return true;
  return typeof elsewhere === "object" && elsewhere !== null && Object.hasOwn(elsewhere, claim);
}

function refused(reason: string): Error {
  return accessFaults.fault("claims_refused", `The identity provider's word is not enough: ${reason}`);
}
