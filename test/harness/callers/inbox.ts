/** Everything that a caller was sent, on whatever stream, in the order in which it came. */

// oxlint-disable-next-line typescript/no-explicit-any -- a test looks into messages whose shape it knows
export type Loose = any;

export interface Received {
  /** As it came. */
  readonly text: string;
  readonly message: Readonly<Record<string, Loose>>;
  /** What it came on: the id of the POST's request, or `GET 1` for the first GET stream that was opened. */
  readonly on: string | number;
}

type Match = string | ((received: Received) => boolean);

export class Inbox {
  readonly #received: Received[] = [];
  readonly #waiting = new Set<() => void>();

  get all(): readonly Received[] {
    return this.#received;
  }

  /** What matches so far: a JSON-RPC method, or a test of one's own. */
  of(match: Match): readonly Received[] {
    return this.#received.filter(toTest(match));
  }

  /** The first that matches, among what came and what will. */
  async when(match: Match, options?: { withinMs?: number }): Promise<Received> {
    const [first] = await this.atLeast(1, match, options);
    if (first === undefined) throw new TypeError("at least one is one");
    return first;
  }

  /** At least so many that match. Rejects after a while, with what came instead. */
  async atLeast(count: number, match: Match, { withinMs = 15_000 } = {}): Promise<readonly Received[]> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (this.of(match).length >= count) resolve();
    };
    const late = setTimeout(() => {
      const came = this.#received.map(({ on, text }) => `\n  on ${on}: ${text.slice(0, 300)}`);
      reject(new Error(`Not ${count} of ${String(match)} within ${withinMs} ms; what came:${came.join("")}`));
    }, withinMs);
    this.#waiting.add(look);
    look();
    try {
      await promise;
      return this.of(match);
    } finally {
      clearTimeout(late);
      this.#waiting.delete(look);
    }
  }

  add(received: Received): void {
    this.#received.push(received);
    for (const look of this.#waiting) look();
  }
}

function toTest(match: Match): (received: Received) => boolean {
  return typeof match === "string" ? ({ message }) => message["method"] === match : match;
}
