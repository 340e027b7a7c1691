/**
 * What people have chosen, in memory. Somebody is read when they first come; from then on what is held of them is kept true
 * for as long as anything (a request, a stream) still looks at it, and of the last ones a while longer.
 */
import type { ChoicePlace, ChoiceStore, PersonRows } from "./choice-store.ts";

const maxRecent = 4_096;
const maxAtOnce = 500;
const nothing: ReadonlySet<string> = new Set();

/** One person, at this moment. */
export class KnownPerson {
  readonly id: string;
  #off: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  #told: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  /** Of the readings that were begun, and the one that is known. */
  #begun = 0;
  #known = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** Ids of the servers of a portal that they have switched off for that client. */
  offAt({ portalId, clientId }: Pick<ChoicePlace, "portalId" | "clientId">): ReadonlySet<string> {
    return this.#off.get(`${portalId} ${clientId ?? ""}`) ?? nothing;
  }

  /** Ids of the servers of a portal that they were told of. None: they have not been there. */
  toldAt(portalId: string): ReadonlySet<string> {
    return this.#told.get(portalId) ?? nothing;
  }

  /** Takes what comes of a reading that begins now, unless one that began later was quicker. */
  begin(): (rows: PersonRows) => void {
    const turn = ++this.#begun;
    return ({ off, told }) => {
      if (turn < this.#known) return;
      this.#known = turn;
      this.#off = idsBy(off, ({ portalId, clientId }) => `${portalId} ${clientId ?? ""}`);
      this.#told = idsBy(told, ({ portalId }) => portalId);
    };
  }
}

export class KnownPeople {
  readonly #store: Pick<ChoiceStore, "read">;
  readonly #held = new Map<string, WeakRef<KnownPerson>>();
  readonly #recent = new Map<string, KnownPerson>();
  readonly #coming = new Map<string, Promise<KnownPerson>>();
  readonly #left = new FinalizationRegistry<string>((id) => {
    if (this.#held.get(id)?.deref() === undefined) this.#held.delete(id);
  });

  constructor(store: Pick<ChoiceStore, "read">) {
    this.#store = store;
  }

  /** At once, but for the first time. */
  of(id: string): KnownPerson | Promise<KnownPerson> {
    const coming = this.#coming.get(id);
    if (coming) return coming;
    const known = this.#held.get(id)?.deref();
    if (known) this.#keep(known);
    return known ?? this.#meet(id);
  }

  /** Reads anew those of them that are held; the ids of these. */
  async changed(ids: readonly string[] | "all"): Promise<readonly string[]> {
    const asked = ids === "all" ? [...this.#held.keys()] : ids;
    const people = asked.flatMap((id) => this.#held.get(id)?.deref() ?? []);
    for (let from = 0; from < people.length; from += maxAtOnce)
      await this.#read(people.slice(from, from + maxAtOnce));
    return people.map(({ id }) => id);
  }

  #meet(id: string): Promise<KnownPerson> {
    const person = new KnownPerson(id);
    // Held before it is read, so that a change that comes meanwhile has it read again.
    this.#keep(person);
    this.#held.set(id, new WeakRef(person));
    this.#left.register(person, id);
    const coming = this.#read([person])
      .then(() => person)
      .catch((error: unknown) => {
        this.#held.delete(id);
        this.#recent.delete(id);
        throw error;
      })
      .finally(() => this.#coming.delete(id));
    this.#coming.set(id, coming);
    return coming;
  }

  async #read(people: readonly KnownPerson[]): Promise<void> {
    const readings = people.map((person) => [person.id, person.begin()] as const);
    const rows = await this.#store.read(people.map(({ id }) => id));
    for (const [id, take] of readings) take(rows.get(id) ?? { off: [], told: [] });
  }

  #keep(person: KnownPerson): void {
    // The one that came last goes last.
    this.#recent.delete(person.id);
    this.#recent.set(person.id, person);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > maxRecent && oldest !== undefined) this.#recent.delete(oldest);
  }
}

function idsBy<Of extends { readonly serverId: string }>(
  rows: readonly Of[],
  keyOf: (row: Of) => string,
): ReadonlyMap<string, ReadonlySet<string>> {
  const grouped = Map.groupBy(rows, keyOf);
  return new Map([...grouped].map(([key, of]) => [key, new Set(of.map(({ serverId }) => serverId))]));
}
