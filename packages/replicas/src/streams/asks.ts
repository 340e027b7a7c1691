/** The asker's side: the streams that this replica waits for. */
import { replicaFaults } from "../faults.ts";
import type { AskOptions } from "./question.ts";
import type { OwnerLetter, Post } from "./stream-letter.ts";
import { remakeFault } from "./told-fault.ts";
import { ReadWindow } from "./window.ts";

interface OpenAsk {
  readonly owner: string;
  readonly onText: AskOptions["onText"];
  readonly answer: PromiseWithResolvers<string>;
  readonly window: ReadWindow;
  /** Texts that came; the next one's number is one more. */
  arrived: number;
  /** Settled when all that came so far was read. */
  read: Promise<void>;
  /** The owner has nothing more to say: it needs no goodbye, and may forget the stream. */
  hasEnded: boolean;
}

export class Asks {
  readonly #post: Post;
  readonly #open = new Map<string, OpenAsk>();
  /** Those who are told what is open: one more time after the last of their streams has ended. */
  readonly #owners = new Set<string>();
  #count = 0;

  constructor(post: Post) {
    this.#post = post;
  }

  async ask(owner: string, topic: string, question: string, options: AskOptions): Promise<string> {
    const { onText, signal } = options;
    signal.throwIfAborted();
    this.#count += 1;
    const stream = String(this.#count);
    const ask: OpenAsk = {
      owner,
      onText,
      answer: Promise.withResolvers(),
      window: new ReadWindow(),
      arrived: 0,
      read: Promise.resolve(),
      hasEnded: false,
    };
    const onAbort = () => ask.answer.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#open.set(stream, ask);
    this.#owners.add(owner);
    this.#post(owner, { kind: "question", stream, topic, question }).catch(ask.answer.reject);
    try {
      return await ask.answer.promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#open.delete(stream);
      if (!ask.hasEnded) this.#tell(owner, { kind: "cancel", stream });
    }
  }

  take(from: string, letter: OwnerLetter): void {
    if (letter.kind === "unknown") {
      for (const stream of letter.streams) {
        const ask = this.#find(from, stream);
        if (ask !== undefined && !ask.hasEnded) this.#lose(ask, "The replica no longer has this exchange");
      }
      return;
    }
    const ask = this.#find(from, letter.stream);
    if (ask === undefined) return;
    if (letter.kind === "failed") {
      ask.hasEnded = true;
      this.#inOrder(letter.stream, ask, () => ask.answer.reject(remakeFault(letter.fault)));
      return;
    }
    ask.arrived += 1;
    if (letter.number !== ask.arrived) {
      ask.answer.reject(replicaFaults.fault("replica_gone", "A part of what the replica sent was lost"));
      return;
    }
    ask.hasEnded = letter.kind === "end";
    const { stream, text } = letter;
    this.#inOrder(stream, ask, () =>
      letter.kind === "end" ? ask.answer.resolve(text) : this.#read(stream, ask, text),
    );
  }

  /** Fails what is asked of replicas that are no more. */
  async check(isAlive: (id: string) => Promise<boolean>): Promise<void> {
    const waiting = [...this.#open.values()].filter(({ hasEnded }) => !hasEnded);
    for (const owner of new Set(waiting.map(({ owner }) => owner)))
      if (!(await isAlive(owner)))
        for (const ask of waiting)
          if (ask.owner === owner && !ask.hasEnded) this.#lose(ask, "The replica has stopped");
  }

  /** Tells each owner which of its streams are read here. */
  tellOpen(): void {
    const open = [...this.#open].filter(([, { hasEnded }]) => !hasEnded);
    for (const owner of this.#owners) {
      const streams = open
        .filter(([, ask]) => ask.owner === owner)
        .map(([stream, { window }]) => [stream, window.count] as const);
      if (streams.length === 0) this.#owners.delete(owner);
      this.#tell(owner, { kind: "open", streams });
    }
  }

  #find(owner: string, stream: string): OpenAsk | undefined {
    const ask = this.#open.get(stream);
    return ask?.owner === owner ? ask : undefined;
  }

  #lose(ask: OpenAsk, message: string): void {
    ask.hasEnded = true;
    ask.answer.reject(replicaFaults.fault("replica_gone", message));
  }

  /** Runs when all that came before was read; not at all once nobody waits. */
  #inOrder(stream: string, ask: OpenAsk, run: () => void | Promise<void>): void {
    ask.read = ask.read
      .then(() => (this.#open.get(stream) === ask ? run() : undefined))
      .catch(ask.answer.reject);
  }

  async #read(stream: string, ask: OpenAsk, text: string): Promise<void> {
    await ask.onText(text);
    if (ask.window.add(text.length)) this.#tell(ask.owner, { kind: "read", stream, count: ask.window.count });
  }

  /** What does not arrive is made good by the next `tellOpen`. */
  #tell(owner: string, letter: Parameters<Post>[1]): void {
    this.#post(owner, letter).catch(() => {});
  }
}
