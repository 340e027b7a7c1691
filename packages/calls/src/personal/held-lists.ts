/** The lists that are held in memory: those that were looked at last, as many as there is room for. */
import type { OwnLists } from "./own-lists.ts";

const maxHeld = 10_000;
/** Of all together. */
const maxChars = 64 * 1024 * 1024;
/** What had to make room is not read again before, so that those who look at more than there is room for do not read without end. */
const awayMs = 30_000;

/** One owner at one server. */
export interface Held {
  readonly serverId: string;
  readonly ownerId: string;
  /** With which account it was read; undefined: it has not been. */
  identity: string | undefined;
  /** Undefined: there are none, or they are not known. */
  lists: OwnLists | undefined;
  /** What the catalog said when it was last read. */
  basis: string;
  /** When it is to be read again, monotonic. */
  dueMs: number;
  begunMs: number;
  reading: Promise<void> | undefined;
  /** Whether a reading has ended since the account became another one. */
  isKnown: boolean;
  /** Grows when a reading that is under way has become worthless. */
  turn: number;
}

export function nothingYet(serverId: string, ownerId: string): Held {
  return {
    serverId,
    ownerId,
    identity: undefined,
    lists: undefined,
    basis: "",
    dueMs: 0,
    begunMs: Number.NEGATIVE_INFINITY,
    reading: undefined,
    isKnown: false,
    turn: 0,
  };
}

export class HeldLists {
  /** Those that were looked at last at the end. */
  readonly #held = new Map<string, Held>();

  get(key: string): Held | undefined {
    const one = this.#held.get(key);
    if (!one) return undefined;
    this.#held.delete(key);
    this.#held.set(key, one);
    return one;
  }

  add(key: string, one: Held): Held {
    this.#held.set(key, one);
    const [oldest] = this.#held.keys();
    if (this.#held.size > maxHeld && oldest !== undefined) this.#held.delete(oldest);
    return one;
  }

  at(serverId: string): readonly Held[] {
    return [...this.#held.values()].filter((one) => one.serverId === serverId);
  }

  dropServer(serverId: string): void {
    for (const [key, one] of this.#held) if (one.serverId === serverId) this.#held.delete(key);
  }

  /** Another list has come in: makes room, but never at the cost of the one that was looked at last. */
  weigh(nowMs: number): void {
    let chars = 0;
    for (const [at, one] of [...this.#held.values()].toReversed().entries()) {
      chars += one.lists?.chars ?? 0;
      if (at === 0 || chars <= maxChars || !one.lists) continue;
      chars -= one.lists.chars;
      one.lists = undefined;
      one.isKnown = false;
      one.dueMs = nowMs + awayMs;
    }
  }
}
