/**
 * What may be done at one portal: classes of use for all of its servers, and more for single ones. Rights only add up;
 * what none of them names is not allowed. They are data without identity: equal rights have equal keys, so that what is
 * made for one holder serves every other with the same rights.
 */
import { toolClasses, type ToolClass } from "./tool-class.ts";

export class Rights {
  /** Equal for equal rights, short for usual ones. */
  readonly key: string;
  readonly #all: ClassSet;
  /** By server slug: what is allowed beyond `#all`. */
  readonly #more: ReadonlyMap<string, ClassSet>;

  private constructor(all: ClassSet, more: ReadonlyMap<string, ClassSet>) {
    this.#all = all;
    const beyond = [...more].filter(([, classes]) => (classes & ~all) !== 0).toSorted(bySlug);
    this.#more = new Map(beyond.map(([server, classes]) => [server, classes | all]));
    this.key = `${all}${[...this.#more].map(([server, classes]) => ` ${server}:${classes}`).join("")}`;
  }

  static readonly none = new Rights(0, new Map());
  static readonly everything = new Rights(7, new Map());

  /** These classes at all servers, or at these only. */
  static of(classes: readonly ToolClass[], servers?: readonly string[]): Rights {
    const set = toSet(classes);
    return servers === undefined
      ? new Rights(set, new Map())
      : new Rights(0, new Map(servers.map((server) => [server, set])));
  }

  get isNone(): boolean {
    return this.#all === 0 && this.#more.size === 0;
  }

  get isEverything(): boolean {
    return this.#all === 7;
  }

  allows(server: string, toolClass: ToolClass): boolean {
    return (this.#at(server) & bits[toolClass]) !== 0;
  }

  /** Least first. */
  classesAt(server: string): ToolClass[] {
    return toolClasses.filter((toolClass) => this.allows(server, toolClass));
  }

  /** What either allows. */
  or(other: Rights): Rights {
    return this.#combined(other, (a, b) => a | b);
  }

  /** What both allow. */
  and(other: Rights): Rights {
    return this.#combined(other, (a, b) => a & b);
  }

  #combined(other: Rights, combine: (a: ClassSet, b: ClassSet) => ClassSet): Rights {
    const servers = new Set([...this.#more.keys(), ...other.#more.keys()]);
    return new Rights(
      combine(this.#all, other.#all),
      new Map([...servers].map((server) => [server, combine(this.#at(server), other.#at(server))])),
    );
  }

  #at(server: string): ClassSet {
    return this.#more.get(server) ?? this.#all;
  }
}

/** A bit for each class. */
type ClassSet = number;

const bits: Readonly<Record<ToolClass, ClassSet>> = { read: 1, write: 2, destructive: 4 };

function toSet(classes: readonly ToolClass[]): ClassSet {
  return classes.reduce((set, toolClass) => set | bits[toolClass], 0);
}

function bySlug([a]: readonly [string, ClassSet], [b]: readonly [string, ClassSet]): number {
  return a < b ? -1 : 1;
}
