/**
 * How many calls of a key are under way. Counted on each replica by itself, each with its share of the limit:
 * `ceil(limit / replicas)`. So no query is needed, one replica alone holds the limit exactly, and several
 * exceed it together by less than one for each replica; a replica that gets more than its share of the calls refuses
 * some although others have room.
 */
export interface ConcurrencyOptions {
  /** How many replicas live, this one included. */
  readonly livingReplicas: () => number;
}

export class Concurrency {
  readonly #livingReplicas: () => number;
  readonly #counts = new Map<string, number>();

  constructor({ livingReplicas }: ConcurrencyOptions) {
    this.#livingReplicas = livingReplicas;
  }

  /** Takes a place under a limit that holds over all replicas; undefined when this replica's share is taken. */
  enter(key: string, limit: number): Disposable | undefined {
    return this.enterHere(key, Math.ceil(limit / Math.max(1, this.#livingReplicas())));
  }

  /** Takes a place under a limit of this replica's own. Disposing of it, once or more often, gives it back. */
  enterHere(key: string, limit: number): Disposable | undefined {
    const count = this.#counts.get(key) ?? 0;
    if (count >= limit) return undefined;
    this.#counts.set(key, count + 1);
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#leave(key);
        isHeld = false;
      },
    };
  }

  /** Places that are taken, of all keys. */
  get taken(): number {
    return this.#counts.values().reduce((sum, count) => sum + count, 0);
  }

  #leave(key: string): void {
    const count = (this.#counts.get(key) ?? 1) - 1;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}
