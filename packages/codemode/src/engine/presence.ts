/**
 * Whether a replica lives at this very moment. Its lease says so for seconds after it died; so it is asked, and is gone when its lease is.
 */
import { isFault } from "@castellan/kernel";
import type { Replicas } from "@castellan/replicas";

export interface PresenceOptions {
  readonly replicas: Pick<Replicas, "isAlive" | "send" | "on">;
  readonly onError: (error: unknown) => void;
}

const askedTopic = "codemode_presence_asked";
const toldTopic = "codemode_presence_told";
/** How often it is looked whether the lease of one that has not answered has ended. */
const lookEveryMs = 500;

export class Presence implements Disposable {
  readonly #options: PresenceOptions;
  readonly #stop = new DisposableStack();
  readonly #waiting = new Map<string, () => void>();
  #questions = 0;

  constructor(options: PresenceOptions) {
    this.#options = options;
    const { replicas, onError } = options;
    this.#stop.defer(
      replicas.on(askedTopic, async (question, from) => {
        await replicas.send(from, toldTopic, question).catch((error: unknown) => {
          if (!isFault(error)) onError(error);
        });
      }),
    );
    this.#stop.defer(replicas.on(toldTopic, (question) => this.#waiting.get(question)?.()));
  }

  /** Resolves within a few milliseconds for one that lives, and when its lease has ended for one that does not. Throws why the signal aborted. */
  async lives(replica: string, signal: AbortSignal): Promise<boolean> {
    const { replicas } = this.#options;
    const question = String(++this.#questions);
    const told = Promise.withResolvers<boolean>();
    using over = new DisposableStack();
    this.#waiting.set(question, () => told.resolve(true));
    over.defer(() => this.#waiting.delete(question));
    const abort = () => told.reject(signal.reason as Error);
    signal.addEventListener("abort", abort);
    over.defer(() => signal.removeEventListener("abort", abort));
    const look = () =>
      replicas.isAlive(replica).then((isAlive) => (isAlive ? undefined : told.resolve(false)), told.reject);
    const timer = setInterval(look, lookEveryMs);
    over.defer(() => clearInterval(timer));
    signal.throwIfAborted();
    replicas.send(replica, askedTopic, question).catch((error: unknown) => {
      if (isFault(error, "replica_gone")) told.resolve(false);
      else told.reject(error as Error);
    });
    return await told.promise;
  }

  [Symbol.dispose](): void {
    this.#stop.dispose();
  }
}
