/** People, the groups they are in, and the browsers they are signed in with. */
import type { Id } from "@castellan/kernel";
import type { Role } from "../roles.ts";

/** `workforce`: the company's own people. `customers`: those of its public products; they have no role in the platform. */
export const directories = ["workforce", "customers"] as const;

export type Directory = (typeof directories)[number];

export const userStatuses = ["active", "suspended"] as const;

export type UserStatus = (typeof userStatuses)[number];

export interface User {
  readonly id: Id<"user">;
  readonly directory: Directory;
  /** Lower case; unique in the directory. */
  readonly email: string;
  readonly name: string;
  /** `member` for every customer. */
  readonly role: Role;
  /** A suspended person is let in nowhere; all that they were given ends at once. */
  readonly status: UserStatus;
  /** Names of their groups, sorted. */
  readonly groups: readonly string[];
  /** Grows with each change that an admin makes. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly lastSignedInAt: Date | undefined;
}

export interface Group {
  readonly id: Id<"group">;
  readonly directory: Directory;
  /** Unique in the directory, 1 to 128 printable characters. */
  readonly name: string;
  readonly description: string;
  readonly members: number;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** One browser in which a person is signed in. */
export interface SignInSession {
  readonly id: Id<"signIn">;
  readonly userId: Id<"user">;
  /** The slug of the provider that they came by; `local` for an account of the house. */
  readonly provider: string;
  /** Whom the provider calls them; undefined for an account of the house. */
  readonly subject: string | undefined;
  /** How they last proved who they are (RFC 8176): `pwd`, `otp`, `hwk`, `mfa` …, or what the provider said. */
  readonly amr: readonly string[];
  /** When they last proved it. */
  readonly authenticatedAt: Date;
  readonly createdAt: Date;
  /** Exact to about a minute. */
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | undefined;
  readonly address: string;
  /** What the browser says it is, at most 256 characters. */
  readonly userAgent: string;
}
