/** What is said of callers and of what they do. */
import type { JWTPayload } from "jose";
import type { HouseOwner, Owner, PersonOwner, ProgramOwner } from "../owner.ts";
import type { AuthorizedRequest } from "../request-credentials.ts";

/** Whoever can be named. The public has no name, and nobody gets a token for it. */
export type Subject = PersonOwner | ProgramOwner | HouseOwner;

export function isSubject(owner: Owner): owner is Subject {
  return owner.kind !== "public";
}

/** `sub` of what the house reads for itself. Ids of people and programs have a prefix, so it is nobody else's. */
const houseSubject = "house";

/**
 * `sub` is the id of the person or program, which is never given to another one; names and addresses change. `act` is the
 * client that acts for a person (RFC 8693 §4.1).
 */
export function subjectClaims(subject: Subject, withGroups: boolean): JWTPayload {
  if (subject.kind === "house") return { sub: houseSubject };
  const { id: sub, name, portal } = subject;
  const known = { sub, name, ...(portal !== undefined && { portal }) };
  if (subject.kind === "program") return known;
  const { email, groups, client } = subject;
  return {
    ...known,
    email,
    ...(withGroups && { groups }),
    ...(client !== undefined && { act: { sub: client } }),
  };
}

/** The call that the token was made for; with a tool its name at the server. */
export function requestClaims({ method, name }: AuthorizedRequest): JWTPayload {
  return {
    ...(method !== undefined && { method }),
    ...(method === "tools/call" && name !== undefined && { tool: name }),
  };
}
