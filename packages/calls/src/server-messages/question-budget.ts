/** How many questions a server may put: each costs a row of the record, and a person's attention. */
import type { Clock } from "@castellan/kernel";
import { mcpFaults, type Message } from "@castellan/mcp";

/** More than any server needs that means well. */
const maxQuestions = 1_024;
const maxQuestionsAMinute = 256;

/** Counts what is asked in the course of one call. */
export class QuestionBudget {
  readonly #most: number;
  #asked = 0;

  constructor(most: number = maxQuestions) {
    this.#most = most;
  }

  /** Counts a message if it is a question; a ping is none. Throws `upstream_invalid` for one too many. */
  count(message: Message): void {
    if (message.kind !== "request" || message.method === "ping" || ++this.#asked <= this.#most) return;
    throw mcpFaults.fault("upstream_invalid", `The server asked more than ${this.#most} questions`);
  }
}

/** The same for a stream that may last for days: it counts anew each minute. */
export class MinuteBudget {
  readonly #clock: Pick<Clock, "monotonic">;
  #budget = new QuestionBudget(maxQuestionsAMinute);
  #sinceMs: number;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
    this.#sinceMs = clock.monotonic();
  }

  /** See `QuestionBudget.count`. */
  count(message: Message): void {
    const nowMs = this.#clock.monotonic();
    if (nowMs - this.#sinceMs >= 60_000) {
      this.#budget = new QuestionBudget(maxQuestionsAMinute);
      this.#sinceMs = nowMs;
    }
    this.#budget.count(message);
  }
}
