/**
 * The letters of one sender on one topic: delivered in order, one at a time. A lane whose listener is
 * slow holds up nobody else; when it is full its letters stay in the database.
 */

export interface LaneOptions {
  /** Must not throw. */
  readonly deliver: (body: string) => Promise<void>;
  /** Called when a lane that was full has room again. */
  readonly onRoom: () => void;
}

const maxLetters = 64;
const maxSize = 4 * 1024 * 1024;

export class Lane {
  readonly #options: LaneOptions;
  /** The first one is being delivered. */
  readonly #waiting: string[] = [];
  /** UTF-16 units. */
  #size = 0;
  #isRunning = false;
  #lastNumber = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#waiting.length >= maxLetters || this.#size >= maxSize;
  }

  get isIdle(): boolean {
    return !this.#isRunning;
  }

  /**
   * Adds a letter, also to a full lane. One that is not newer than all before it was read before, or
   * comes after its sender gave it up: it is dropped.
   */
  add(number: number, body: string): void {
    if (number <= this.#lastNumber) return;
    this.#lastNumber = number;
    this.#waiting.push(body);
    this.#size += body.length;
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let [body] = this.#waiting; body !== undefined; [body] = this.#waiting) {
      await this.#options.deliver(body);
      const wasFull = this.isFull;
      this.#waiting.shift();
      this.#size -= body.length;
      if (wasFull && !this.isFull) this.#options.onRoom();
    }
    this.#isRunning = false;
  }
}
