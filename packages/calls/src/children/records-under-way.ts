/** Records that are being committed while code goes on: what it did leaves this house only when they are. */
export class RecordsUnderWay {
  readonly #pending = new Set<Promise<unknown>>();
  readonly #hasten: () => void;
  #waitingFor = 0;
  #failure: { readonly error: unknown } | undefined;

  /** `hasten` is called when somebody waits for them. */
  constructor(hasten: () => void) {
    this.#hasten = hasten;
  }

  add(recorded: Promise<void>): void {
    const settled: Promise<unknown> = recorded
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .then(() => this.#pending.delete(settled));
    this.#pending.add(settled);
  }

  /** Once one could not be made, nothing more is to be done that would need one. */
  assertSound(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Whether somebody waits for those so far. */
  get areAwaited(): boolean {
    return this.#waitingFor > 0;
  }

  /** Resolves when all so far are committed. Throws why one was not. */
  async committed(): Promise<void> {
    if (this.#pending.size > 0) {
      this.#waitingFor += 1;
      this.#hasten();
      await Promise.all(this.#pending);
      this.#waitingFor -= 1;
    }
    this.assertSound();
  }
}
