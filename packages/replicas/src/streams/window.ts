/**
 * Back-pressure between two replicas: how far the owner of a stream may be ahead of its reader.
 * The reader tells of every half window that it has read, so a full window always opens again.
 */
const maxTexts = 16;
/** UTF-16 units. */
const maxSize = 1024 * 1024;

/** The owner's side: what was sent and not yet read. */
export class SendWindow {
  readonly #unread: number[] = [];
  #size = 0;
  #read = 0;
  #opened = Promise.withResolvers<void>();

  /** Resolves when another text may be sent; rejects with the signal's reason. */
  async room(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#isOpen) return;
    const onAbort = () => this.#opened.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#opened = Promise.withResolvers();
    try {
      await this.#opened.promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** A text of this size goes. */
  add(size: number): void {
    this.#unread.push(size);
    this.#size += size;
  }

  /** The reader is done with so many texts in all. */
  read(count: number): void {
    for (; this.#read < count; this.#read += 1) {
      const size = this.#unread.shift();
      if (size === undefined) break;
      this.#size -= size;
    }
    if (this.#isOpen) this.#opened.resolve();
  }

  get #isOpen(): boolean {
    return this.#unread.length < maxTexts && this.#size < maxSize;
  }
}

/** The reader's side: what it has read, and what of that the owner knows. */
export class ReadWindow {
  #count = 0;
  #told = 0;
  #untoldSize = 0;

  /** How many texts were read. */
  get count(): number {
    return this.#count;
  }

  /** One more text of this size was read. Returns whether the owner is to be told. */
  add(size: number): boolean {
    this.#count += 1;
    this.#untoldSize += size;
    if (this.#count - this.#told < maxTexts / 2 && this.#untoldSize < maxSize / 2) return false;
    this.#told = this.#count;
    this.#untoldSize = 0;
    return true;
  }
}
