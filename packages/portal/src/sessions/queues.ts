/** Texts that wait for something, by whom they belong to: so much of each, so that there is room for the others. */

const maxQueued = 64;
/** UTF-16 units. */
const maxQueuedChars = 8 * 1024 * 1024;

export class Queues {
  readonly #queues = new Map<string, { count: number; chars: number; last: Promise<void> }>();

  hasRoom(key: string, text: string): boolean {
    const queue = this.#queues.get(key);
    return !queue || (queue.count < maxQueued && queue.chars + text.length <= maxQueuedChars);
  }

  /** Counts the text until what is run has settled; `before` resolves when all that came before have. */
  async add(key: string, text: string, run: (before: Promise<void>) => Promise<void>): Promise<void> {
    const queue = this.#queues.get(key) ?? { count: 0, chars: 0, last: Promise.resolve() };
    this.#queues.set(key, queue);
    queue.count++;
    queue.chars += text.length;
    const before = queue.last;
    const ran = run(before);
    queue.last = Promise.allSettled([before, ran]).then(() => undefined);
    try {
      await ran;
    } finally {
      queue.count--;
      queue.chars -= text.length;
      if (queue.count === 0) this.#queues.delete(key);
    }
  }
}
