/** The owner's side: the questions of other replicas that this one answers. */
import { isFault, kernelFaults } from "@castellan/kernel";
import { replicaFaults } from "../faults.ts";
import type { QuestionHandler } from "./question.ts";
import { runHandler } from "./run-handler.ts";
import type { AskerLetter, OwnerLetter, Post } from "./stream-letter.ts";
import { tellFault } from "./told-fault.ts";
import { SendWindow } from "./window.ts";

export interface AnswersOptions {
  readonly post: Post;
  readonly find: (topic: string) => QuestionHandler | undefined;
  /** Aborted when all that runs must be dropped; its reason is told to the askers. */
  readonly lapsed: () => AbortSignal;
  /** Told of a handler's error that is no fault. */
  readonly onError: (error: unknown) => void;
}

interface OpenAnswer {
  readonly asker: string;
  readonly stream: string;
  readonly window: SendWindow;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  /** The asker does not wait any more: it is told nothing. */
  isLeft: boolean;
}

export class Answers {
  readonly #options: AnswersOptions;
  readonly #open = new Map<string, OpenAnswer>();

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  take(from: string, letter: AskerLetter): void {
    switch (letter.kind) {
      case "question":
        this.#begin(from, letter);
        break;
      case "cancel":
        this.#leave(this.#open.get(keyOf(from, letter.stream)), cancelled());
        break;
      case "read":
        this.#open.get(keyOf(from, letter.stream))?.window.read(letter.count);
        break;
      case "open":
        this.#compare(from, new Map(letter.streams));
        break;
    }
  }

  /** Drops what replicas asked that are no more. */
  async check(isAlive: (id: string) => Promise<boolean>): Promise<void> {
    const open = [...this.#open.values()];
    for (const asker of new Set(open.map(({ asker }) => asker)))
      if (!(await isAlive(asker)))
        for (const answer of open) if (answer.asker === asker) this.#leave(answer, askerGone());
  }

  /** Stops all handlers and resolves when the askers were told. */
  async stop(reason: unknown): Promise<void> {
    const open = [...this.#open.values()];
    for (const { stop } of open) stop.abort(reason);
    await Promise.all(open.map(({ ended }) => ended));
  }

  #begin(asker: string, { stream, topic, question }: Extract<AskerLetter, { kind: "question" }>): void {
    const handler = this.#options.find(topic);
    if (handler === undefined) {
      this.#tell(asker, { kind: "unknown", streams: [stream] });
      return;
    }
    const key = keyOf(asker, stream);
    const ended = Promise.withResolvers<void>();
    const answer: OpenAnswer = {
      asker,
      stream,
      window: new SendWindow(),
      stop: new AbortController(),
      ended: ended.promise,
      isLeft: false,
    };
    this.#open.set(key, answer);
    void this.#run(answer, handler, question).finally(() => {
      this.#open.delete(key);
      ended.resolve();
    });
  }

  /** Never rejects. */
  async #run(answer: OpenAnswer, handler: QuestionHandler, question: string): Promise<void> {
    const { lapsed, onError } = this.#options;
    const { asker, stream, stop, window } = answer;
    const ended = new AbortController();
    const lapse = lapsed();
    lapse.addEventListener("abort", () => stop.abort(lapse.reason), { signal: ended.signal });
    if (lapse.aborted) stop.abort(lapse.reason);
    let sent = 0;
    try {
      const text = await runHandler({
        handler,
        question,
        stop,
        // Not awaited to the commit, so that a row of small texts goes with one insert.
        deliver: async (text) => {
          await window.room(stop.signal);
          window.add(text.length);
          sent += 1;
          this.#options
            .post(asker, { kind: "text", stream, number: sent, text })
            .catch((error: unknown) => stop.abort(error));
        },
      });
      await this.#options.post(asker, { kind: "end", stream, number: sent + 1, text });
    } catch (error) {
      if (answer.isLeft) return;
      if (!isFault(error)) onError(error);
      await this.#options.post(asker, { kind: "failed", stream, fault: tellFault(error) }).catch(() => {});
    } finally {
      ended.abort();
    }
  }

  #compare(asker: string, theirs: ReadonlyMap<string, number>): void {
    for (const answer of this.#open.values()) {
      if (answer.asker !== asker) continue;
      const read = theirs.get(answer.stream);
      if (read === undefined) this.#leave(answer, cancelled());
      else answer.window.read(read);
    }
    const unknown = [...theirs.keys()].filter((stream) => !this.#open.has(keyOf(asker, stream)));
    if (unknown.length > 0) this.#tell(asker, { kind: "unknown", streams: unknown });
  }

  #leave(answer: OpenAnswer | undefined, reason: unknown): void {
    if (answer === undefined) return;
    answer.isLeft = true;
    answer.stop.abort(reason);
  }

  #tell(asker: string, letter: OwnerLetter): void {
    this.#options.post(asker, letter).catch(() => {});
  }
}

function keyOf(asker: string, stream: string): string {
  return `${asker}/${stream}`;
}

function cancelled(): Error {
  return kernelFaults.fault("cancelled", "The replica that asked does not wait any more");
}

function askerGone(): Error {
  return replicaFaults.fault("replica_gone", "The replica that asked has stopped");
}
