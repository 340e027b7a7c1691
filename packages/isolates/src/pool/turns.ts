/** Who waits for a place, by owner: owners take turns, and within one it is first come, first served. */
export class Turns<Waiter> {
  /** In the order of whose turn it is; an owner that nobody waits for is not in it. */
  readonly #queues = new Map<string, Waiter[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  sizeOf(owner: string): number {
    return this.#queues.get(owner)?.length ?? 0;
  }

  add(owner: string, waiter: Waiter): void {
    const queue = this.#queues.get(owner);
    if (queue) queue.push(waiter);
    else this.#queues.set(owner, [waiter]);
    this.#size += 1;
  }

  /** Takes one out that gave up. */
  remove(owner: string, waiter: Waiter): void {
    const queue = this.#queues.get(owner);
    const at = queue?.indexOf(waiter) ?? -1;
    if (queue === undefined || at < 0) return;
    queue.splice(at, 1);
    this.#size -= 1;
    if (queue.length === 0) this.#queues.delete(owner);
  }

  /** The first of the first owner that may; that owner's next turn comes after everybody else's. */
  next(isAllowed: (owner: string) => boolean): Waiter | undefined {
    for (const [owner, queue] of this.#queues) {
      if (!isAllowed(owner)) continue;
      const waiter = queue.shift();
      this.#queues.delete(owner);
      if (queue.length > 0) this.#queues.set(owner, queue);
      this.#size -= 1;
      return waiter;
    }
    return undefined;
  }

  /** All that wait; none does any more. */
  clear(): readonly Waiter[] {
    const all = [...this.#queues.values()].flat();
    this.#queues.clear();
    this.#size = 0;
    return all;
  }
}
