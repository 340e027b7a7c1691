/** A question and its answer, as the two who take part see them. */

export interface AskOptions {
  /** Takes the texts ahead of the end, in order, one at a time; the owner waits when it is slow. */
  readonly onText: (text: string) => void | Promise<void>;
  /** Aborted: the ask rejects with the reason, and the owner is told. */
  readonly signal: AbortSignal;
}

/** A question as its handler sees it. */
export interface RemoteAsk {
  /**
   * Sends a text ahead of the end. Resolves when the next one may be sent: at most 16 texts or 1 MiB
   * are under way. Rejects, with the signal's reason, when the stream was aborted.
   */
  send(text: string): Promise<void>;
  /** Aborted when nobody waits for the answer any more, or this replica may not give it. */
  readonly signal: AbortSignal;
}

/** Answers a question; resolves with the last text. */
export type QuestionHandler = (question: string, ask: RemoteAsk) => Promise<string>;
