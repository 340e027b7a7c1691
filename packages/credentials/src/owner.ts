/** On whose behalf a request is made. */
import type { Id } from "@castellan/kernel";

export type Owner = PersonOwner | ProgramOwner | PublicOwner | HouseOwner;

export interface PersonOwner {
  readonly kind: "person";
  readonly id: Id<"user">;
  readonly name: string;
  readonly email: string;
  readonly groups: readonly string[];
  /** The client that calls for them, if it is known. */
  readonly client: string | undefined;
  readonly portal: string | undefined;
}

/** A service token, or a client with credentials of its own. */
export interface ProgramOwner {
  readonly kind: "program";
  readonly id: string;
  readonly name: string;
  readonly portal: string | undefined;
}

/** Whoever comes without a token. */
export interface PublicOwner {
  readonly kind: "public";
  readonly portal: string | undefined;
}

/** The house itself: it reads lists and hears that they changed. */
export interface HouseOwner {
  readonly kind: "house";
}

export const house: HouseOwner = Object.freeze({ kind: "house" });
