/** Which claim says what. A name is the claim's own, or a path into it: `email`, `realm_access.roles`. */
export interface ClaimNames {
  /** What its issuer never gives to anybody else: `sub`, or `oid` with Entra. */
  readonly subject: string;
  readonly email: string;
  readonly name: string;
  /** Absent: the issuer says nothing of groups. */
  readonly groups?: string | undefined;
}

/** What is absent stays; null: the issuer says nothing of groups any more. */
export type ClaimNamesChange = {
  readonly [Claim in keyof ClaimNames]?: (Claim extends "groups" ? string | null : string) | undefined;
};

export function mergeClaimNames(before: ClaimNames, change: ClaimNamesChange): ClaimNames {
  const { subject, email, name, groups } = { ...before, ...defined(change) };
  return { subject, email, name, ...(typeof groups === "string" && { groups }) };
}

export const defaultClaimNames: ClaimNames = { subject: "sub", email: "email", name: "name" };

/** Claims as they came: anything may stand under any name. */
export type Claims = Readonly<Record<string, unknown>>;

const maxSteps = 8;

/**
 * The claim of this name. One that is called exactly so comes first, since names may hold dots themselves
 * (`https://corp.example/groups`); else the dots lead from object to object. Undefined where there is none.
 */
export function findClaim(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  const steps = name.split(".");
  if (steps.length > maxSteps) return undefined;
  return steps.reduce<unknown>(
    (at, step) => (isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined),
    claims,
  );
}

/** The texts of a claim that holds one or a list of them; what is no text is left out. */
export function textsOf(value: unknown): string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((one) => typeof one === "string");
}

function defined<T extends object>(value: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;
}

function isObject(value: unknown): value is Claims {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
