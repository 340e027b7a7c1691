/**
 * A question to the replica that owns an exchange, answered by a stream of texts and one end.
 *
 * The owner may be this replica itself; then nothing goes through the database.
 */
import { kernelFaults } from "@castellan/kernel";
import { replicaFaults } from "../faults.ts";
import type { Replicas } from "../replicas.ts";
import { Answers } from "./answers.ts";
import { Asks } from "./asks.ts";
import type { AskOptions, QuestionHandler } from "./question.ts";
import { runHandler } from "./run-handler.ts";
import { streamTopic, type StreamLetter } from "./stream-letter.ts";

export interface RemoteStreams extends AsyncDisposable {
  /**
   * Asks the owner; resolves with its last text when `onText` has taken all others. Rejects with the
   * owner's fault (same code, message, owner, status, data), `internal_error` if what the handler
   * threw was none; with `replica_gone` when the owner dies, stops, lapses or does not have the topic,
   * or when this replica lapses; with what `onText` throws; with `shutting_down`; as `Replicas.send`.
   */
  ask(owner: string, topic: string, question: string, options: AskOptions): Promise<string>;
  /** Serves questions under a topic, of other replicas and of this one; returns how to stop. One handler a topic. */
  answer(topic: string, handler: QuestionHandler): () => void;
}

export interface RemoteStreamsOptions {
  readonly replicas: Replicas;
  /** How often is looked whether the others live. Default 1,000. */
  readonly checkMs?: number;
  /** How often owners are told which streams are read. Default 5,000. */
  readonly tellMs?: number;
  /** Told of handlers' errors that are no faults. */
  readonly onError: (error: unknown) => void;
}

/** Dispose of it before the replicas: what runs is aborted, and whoever asked is told. */
export function createRemoteStreams(options: RemoteStreamsOptions): RemoteStreams {
  return new MailedStreams(options);
}

class MailedStreams implements RemoteStreams {
  readonly #options: RemoteStreamsOptions;
  readonly #handlers = new Map<string, QuestionHandler>();
  readonly #asks: Asks;
  readonly #answers: Answers;
  readonly #closing = new AbortController();
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #leave: () => void;

  constructor(options: RemoteStreamsOptions) {
    const { replicas, onError, checkMs = 1_000, tellMs = 5_000 } = options;
    this.#options = options;
    const post = (to: string, letter: StreamLetter) => replicas.send(to, streamTopic, JSON.stringify(letter));
    this.#asks = new Asks(post);
    this.#answers = new Answers({
      post,
      find: (topic) => this.#handlers.get(topic),
      lapsed: () => replicas.lapsed,
      onError,
    });
    this.#leave = replicas.on(streamTopic, (body, from) =>
      this.#take(from, JSON.parse(body) as StreamLetter),
    );
    this.#timers = [
      setInterval(() => void this.#check(), checkMs).unref(),
      setInterval(() => this.#asks.tellOpen(), tellMs).unref(),
    ];
  }

  async ask(owner: string, topic: string, question: string, options: AskOptions): Promise<string> {
    const { replicas } = this.#options;
    const signal = AbortSignal.any([options.signal, this.#closing.signal, replicas.lapsed]);
    if (owner !== replicas.id) return this.#asks.ask(owner, topic, question, { ...options, signal });
    return this.#askHere(topic, question, { ...options, signal });
  }

  answer(topic: string, handler: QuestionHandler): () => void {
    if (this.#handlers.has(topic)) throw new Error(`Questions under "${topic}" have a handler`);
    this.#handlers.set(topic, handler);
    return () => this.#handlers.delete(topic);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#handlers.clear();
    this.#closing.abort(kernelFaults.fault("shutting_down", "This replica is stopping"));
    await this.#answers.stop(replicaFaults.fault("replica_gone", "The replica is stopping"));
    this.#leave();
  }

  async #askHere(topic: string, question: string, { onText, signal }: AskOptions): Promise<string> {
    const handler = this.#handlers.get(topic);
    if (handler === undefined) throw replicaFaults.fault("replica_gone", "Nobody answers this here");
    const stop = new AbortController();
    const onAbort = () => stop.abort(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await runHandler({ handler, question, deliver: async (text) => onText(text), stop });
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  #take(from: string, letter: StreamLetter): void {
    switch (letter.kind) {
      case "question":
      case "cancel":
      case "read":
      case "open":
        this.#answers.take(from, letter);
        break;
      case "text":
      case "end":
      case "failed":
      case "unknown":
        this.#asks.take(from, letter);
        break;
    }
  }

  /** While the database cannot tell who lives, nobody is taken for dead. */
  async #check(): Promise<void> {
    const isAlive = (id: string) => this.#options.replicas.isAlive(id).catch(() => true);
    await Promise.all([this.#asks.check(isAlive), this.#answers.check(isAlive)]);
  }
}
