/** A moment in which more may come. Each thing that comes puts its end off, but not for ever. */
const maxPutOffs = 10;

export class Gathering {
  readonly #ms: number;
  readonly #onEnd: () => void;
  #timer: NodeJS.Timeout | undefined;
  #putOffs = 0;

  /** `ms`: how long the moment is, and how long it lasts after what came last. */
  constructor(ms: number, onEnd: () => void) {
    this.#ms = ms;
    this.#onEnd = onEnd;
  }

  /** Begins the moment, or puts its end off. False when it was put off as often as it may be. */
  more(): boolean {
    if (this.#timer && this.#putOffs >= maxPutOffs) return false;
    this.#putOffs = this.#timer ? this.#putOffs + 1 : 0;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#onEnd(), this.#ms);
    return true;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
