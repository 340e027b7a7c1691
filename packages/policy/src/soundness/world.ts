/**
 * What rules can refer to, as far as a rule that is saved needs to know it. Whoever owns a table answers for it. Each
 * finder is asked within the transaction that saves the rule, gives those of the names that there are, and keeps them
 * from going away until that transaction ends (`for key share`).
 */
import type { Queryable } from "@castellan/database";
import type { UseClass } from "../rules/rule.ts";

export type DirectoryName = "workforce" | "customers";

export interface World {
  portals(tx: Queryable, slugs: readonly string[]): Promise<readonly KnownPortal[]>;
  /** Slugs. */
  servers(tx: Queryable, slugs: readonly string[]): Promise<readonly string[]>;
  /** The tools of one server, as they were last read; undefined: it has not been read yet. Nothing is held. */
  tools(tx: Queryable, server: string): Promise<readonly KnownTool[] | undefined>;
  groups(tx: Queryable, names: readonly string[]): Promise<readonly KnownGroup[]>;
  /** Providers and trusted issuers by slug. */
  loginMethods(tx: Queryable, slugs: readonly string[]): Promise<readonly KnownLoginMethod[]>;
  /** Ids of service tokens that are not revoked. */
  serviceTokens(tx: Queryable, ids: readonly string[]): Promise<readonly string[]>;
  /** Ids of OAuth clients. */
  clients(tx: Queryable, ids: readonly string[]): Promise<readonly string[]>;
  /** Active people by e-mail address, of both directories. Nothing is held: people come and go. */
  people(tx: Queryable, emails: readonly string[]): Promise<readonly KnownPerson[]>;
  /** Whether an address tells a country here. */
  readonly knowsCountries: boolean;
  /** Whether client certificates are checked here. */
  readonly checksCertificates: boolean;
}

export interface KnownPortal {
  readonly slug: string;
  readonly directory: DirectoryName;
  /** Slugs of its servers. */
  readonly servers: readonly string[];
  /** What its access rules give to anybody; a read-only portal gives no more than reading. */
  readonly classes: readonly UseClass[];
  /** Whether somebody without a token comes in. */
  readonly isPublic: boolean;
}

export interface KnownTool {
  /** The server's own name. */
  readonly name: string;
  readonly class: UseClass;
}

export interface KnownGroup {
  readonly name: string;
  readonly directory: DirectoryName;
  /** How many people are in it. */
  readonly members: number;
}

export interface KnownPerson {
  readonly email: string;
  readonly directory: DirectoryName;
}

export interface KnownLoginMethod {
  readonly slug: string;
  readonly directory: DirectoryName;
  /** Names of the claims that its entry keeps. */
  readonly keptClaims: readonly string[];
}
