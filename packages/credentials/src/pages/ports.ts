/** What these pages are told by others: who may use which servers, and what people have chosen among them. */
import type { Id } from "@castellan/kernel";
import type { Target } from "../target.ts";

/** A server that somebody can use through at least one portal. */
export interface ServerOfPerson {
  readonly target: Target;
  /** By title; at least one. */
  readonly portals: readonly PortalOfPerson[];
}

export interface PortalOfPerson {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
}

/** A server of a portal, for one client of a person. */
export interface ChoicePlace {
  readonly personId: string;
  readonly clientId: string | undefined;
  readonly portalId: string;
  readonly serverId: string;
}

/** What people have switched off for a client of theirs, and which servers they were told of. */
export interface PageChoices {
  read(personId: string): Promise<{
    readonly off: readonly Omit<ChoicePlace, "personId">[];
    readonly told: readonly Pick<ChoicePlace, "portalId" | "serverId">[];
  }>;
  set(place: ChoicePlace, isOn: boolean): Promise<void>;
  /** They have seen these on the page. */
  tell(told: {
    readonly personId: string;
    readonly portalId: string;
    readonly serverIds: readonly string[];
  }): Promise<unknown>;
}

/** A client that somebody has let in. */
export interface ClientOfPerson {
  readonly id: string;
  readonly name: string;
}

export interface PagePeople<Person> {
  /** By title. What they may use now, whatever they have switched off. */
  serversOf(person: Person): Promise<readonly ServerOfPerson[]>;
  /** By name. */
  clientsOf(personId: Id<"user">): Promise<readonly ClientOfPerson[]>;
  /** Where somebody has their account, for whom a request was made and who is not signed in. */
  directoryOf(personId: Id<"user">): Promise<"workforce" | "customers">;
  /** Whether they may sign in for all. */
  isAdmin(person: Person): boolean;
}
