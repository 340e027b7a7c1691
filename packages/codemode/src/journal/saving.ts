/** Writes what changed since the last time, one write at a time: whatever was settled is written in the order in which it was, with nothing left out. */
export class Saving<Entry extends object> {
  readonly #write: (entries: readonly Entry[]) => Promise<void>;
  readonly #changed = new Set<Entry>();
  /** What will be written next, and has not been looked at yet. */
  #coming: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(write: (entries: readonly Entry[]) => Promise<void>) {
    this.#write = write;
  }

  changed(entry: Entry): void {
    this.#changed.add(entry);
  }

  get changes(): number {
    return this.#changed.size;
  }

  /** Resolves when all that has changed by now is committed. After one that failed none is tried again. */
  save(): Promise<void> {
    if (this.#coming) return this.#coming;
    // One turn later: calls that are made together are written together.
    this.#coming = this.#last.then(() => {
      this.#coming = undefined;
      const entries = this.#take();
      return entries.length > 0 ? this.#write(entries) : undefined;
    });
    this.#last = this.#coming;
    return this.#coming;
  }

  /** What is not written yet, when nothing more is to be written from here: it goes with the statement that ends or parks the run. */
  async rest(): Promise<readonly Entry[]> {
    await this.#last;
    return this.#take();
  }

  #take(): readonly Entry[] {
    const entries = [...this.#changed];
    this.#changed.clear();
    return entries;
  }
}
