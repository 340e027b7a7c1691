/** Compiled documents in the memory of this replica: those that were used last, as many as there is room for. */

const maxHeld = 200;
/** Of the texts of all together; compiled, a document takes some times that. One alone is held, however large it is. */
const defaultMaxChars = 48 * 1024 * 1024;

interface Held<T> {
  readonly chars: number;
  readonly value: Promise<T>;
}

export class HeldDocuments<T> {
  readonly #maxChars: number;
  /** Those that were used last at the end. */
  readonly #held = new Map<string, Held<T>>();
  #chars = 0;

  constructor(maxChars = defaultMaxChars) {
    this.#maxChars = maxChars;
  }

  /** The value of a key; made once, however many ask for it. What fails is not held. */
  get(key: string): Promise<T> | undefined {
    const one = this.#held.get(key);
    if (!one) return undefined;
    this.#held.delete(key);
    this.#held.set(key, one);
    return one.value;
  }

  put(key: string, chars: number, make: () => T | Promise<T>): Promise<T> {
    const known = this.get(key);
    if (known) return known;
    const value = Promise.resolve().then(make);
    this.#held.set(key, { chars, value });
    this.#chars += chars;
    value.catch(() => this.#drop(key, value));
    for (const [oldest] of this.#held) {
      if (oldest === key || (this.#held.size <= maxHeld && this.#chars <= this.#maxChars)) break;
      this.#drop(oldest);
    }
    return value;
  }

  #drop(key: string, only?: Promise<T>): void {
    const one = this.#held.get(key);
    if (!one || (only && one.value !== only)) return;
    this.#held.delete(key);
    this.#chars -= one.chars;
  }
}
