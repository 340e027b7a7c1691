/** So many at a time; others wait in the order in which they came. */
export class Turns {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Disposing of the turn, once, gives it to the next. Rejects with the signal's reason. */
  async take(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free === 0) await this.#wait(signal);
    else this.#free -= 1;
    return { [Symbol.dispose]: () => this.#next() };
  }

  /** The turn of whoever ends is handed on: nobody who comes later is quicker. */
  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) this.#free += 1;
    else first();
  }

  #wait(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const givenUp = () => {
      this.#waiting.delete(mine);
      reject(signal.reason);
    };
    const mine = () => {
      this.#waiting.delete(mine);
      signal.removeEventListener("abort", givenUp);
      resolve();
    };
    this.#waiting.add(mine);
    signal.addEventListener("abort", givenUp, { once: true });
    return promise;
  }
}
