/**
 * What people choose among the servers of their portals: a server that somebody has switched off for a client of theirs is not
 * in the portal for them there, until they switch it on again. Beside that it is known which servers they were told of, so
 * that a new one can be announced once.
 */
import type { Principal } from "@castellan/access";
import type { ChangeFeed, Database } from "@castellan/database";
import type { Clock, Id } from "@castellan/kernel";
import { choicesTopic, createChoiceStore, type ChoicePlace, type PersonRows } from "./choice-store.ts";
import { KnownPeople, type KnownPerson } from "./known-people.ts";

/** What a person has chosen for the client that they come with. It is another one as soon as they choose anew. */
export interface ClientChoices {
  readonly personId: Id<"user">;
  readonly clientId: string | undefined;
  /** Ids of the servers of this portal (its id) that are switched off. */
  offAt(portalId: string): ReadonlySet<string>;
  /** Ids of the servers of this portal that the person was told of. None: it is their first visit. */
  toldAt(portalId: string): ReadonlySet<string>;
}

/** Servers of one portal. */
export interface ToldServers {
  readonly personId: string;
  readonly portalId: string;
  readonly serverIds: readonly string[];
}

export interface Choices extends Disposable {
  /** Makes known what somebody who was let in has chosen; at once but for the first time. Throws `database_unavailable`. */
  meet(principal: Principal): void | Promise<void>;
  /** Of somebody who was met. Undefined for programs and the public, who have nothing to choose. */
  of(principal: Principal): ClientChoices | undefined;
  /** All of a person's, for whichever client, and what they were told of. */
  read(personId: string): Promise<PersonRows>;
  /** In effect here when it resolves, elsewhere within a moment. */
  set(place: ChoicePlace, isOn: boolean): Promise<void>;
  /** Notes that a person is told of these servers now. Resolves to those that were new to them, to one who asks only. */
  tell(told: ToldServers): Promise<readonly string[]>;
  /** Notes what somebody found on their first visit to a portal, where they are told of nothing. Behind the caller. */
  welcome(told: ToldServers): void;
  /** Called with the id of a person, once it is known here that what is held of them may be other than before. */
  onChange(listener: (personId: string) => void): () => void;
}

export interface ChoicesOptions {
  readonly database: Database;
  readonly changes: Pick<ChangeFeed, "on">;
  readonly clock: Pick<Clock, "now">;
  /** Told of what could not be noted. */
  readonly onError: (error: unknown) => void;
}

export function createChoices({ database, changes, clock, onError }: ChoicesOptions): Choices {
  const store = createChoiceStore(database);
  const people = new KnownPeople(store);
  const listeners = new Set<(personId: string) => void>();
  const byPrincipal = new WeakMap<Principal, ClientChoices>();
  const welcoming = new Set<string>();
  const at = () => new Date(clock.now());

  async function changed(ids: readonly string[] | "all"): Promise<void> {
    for (const id of await people.changed(ids)) for (const listener of listeners) listener(id);
  }

  async function tell(told: ToldServers): Promise<readonly string[]> {
    const found = await store.tell({ ...told, at: at() });
    if (found.length > 0) await changed([told.personId]);
    return found;
  }

  const stop = changes.on(choicesTopic, changed);

  return {
    meet(principal) {
      if (principal.kind !== "user" || byPrincipal.has(principal)) return undefined;
      const keep = (person: KnownPerson) => {
        byPrincipal.set(principal, choicesOf(person, principal));
      };
      const person = people.of(principal.id);
      return person instanceof Promise ? person.then(keep) : keep(person);
    },
    of: (principal) => byPrincipal.get(principal),
    async read(personId) {
      const rows = await store.read([personId]);
      return rows.get(personId) ?? { off: [], told: [] };
    },
    async set(place, isOn) {
      await (isOn ? store.setOn(place) : store.setOff(place, at()));
      await changed([place.personId]);
    },
    tell,
    welcome(told) {
      const key = `${told.personId} ${told.portalId}`;
      if (welcoming.has(key) || told.serverIds.length === 0) return;
      welcoming.add(key);
      tell(told)
        .catch(onError)
        .finally(() => welcoming.delete(key));
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    [Symbol.dispose]: stop,
  };
}

function choicesOf(
  person: KnownPerson,
  { id: personId, clientId }: Principal & { readonly kind: "user" },
): ClientChoices {
  return {
    personId,
    clientId,
    offAt: (portalId) => person.offAt({ portalId, clientId }),
    toldAt: (portalId) => person.toldAt(portalId),
  };
}
