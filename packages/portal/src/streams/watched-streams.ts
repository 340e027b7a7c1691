/**
 * Streams live longer than the moment at which their caller was let in. Each is asked for its token
 * again: at once when tokens change, and from time to time, since a token can expire by itself.
 */
import { mayEnter, type Principal } from "@castellan/access";
import { isFault } from "@castellan/kernel";
import { portalFaults } from "../faults.ts";

export interface WatchedStream {
  readonly principalId: string;
  /** The header that the stream was opened with. */
  readonly authorization: string | undefined;
  readonly portal: string;
  /** Called once the caller would no longer be let in. */
  readonly end: () => void;
}

const everyMs = 15_000;
const maxPerCaller = 256;

export class WatchedStreams implements Disposable {
  readonly #streams = new Set<WatchedStream>();
  readonly #authenticate: (authorization: string | undefined) => Principal | Promise<Principal>;
  readonly #timer: NodeJS.Timeout;

  constructor(authenticate: (authorization: string | undefined) => Principal | Promise<Principal>) {
    this.#authenticate = authenticate;
    this.#timer = setInterval(() => void this.check(), everyMs).unref();
  }

  /** Open streams of all callers. */
  get size(): number {
    return this.#streams.size;
  }

  /** Throws `streams_limited` when the caller has as many open as one may have. */
  assertRoom(principalId: string): void {
    const own = [...this.#streams].filter((stream) => stream.principalId === principalId);
    if (own.length >= maxPerCaller)
      throw portalFaults.fault(
        "streams_limited",
        `This caller has ${maxPerCaller} streams open: close one first`,
      );
  }

  /** Throws `streams_limited`. */
  watch(stream: WatchedStream): Disposable {
    this.assertRoom(stream.principalId);
    this.#streams.add(stream);
    return { [Symbol.dispose]: () => this.#streams.delete(stream) };
  }

  /** Ends every stream whose caller would not be let in now. Never rejects. */
  async check(): Promise<void> {
    await Promise.all(
      [...this.#streams].map(async (stream) => {
        if (await this.#isLetIn(stream)) return;
        this.#streams.delete(stream);
        stream.end();
      }),
    );
  }

  /** While it cannot be known, nothing is ended: no call gets through meanwhile either. */
  async #isLetIn({ authorization, portal }: WatchedStream): Promise<boolean> {
    try {
      return mayEnter(await this.#authenticate(authorization), portal);
    } catch (error) {
      return !isFault(error) || error.owner !== "caller";
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
