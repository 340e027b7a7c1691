/** How many questions a server may put in the course of one call: each costs a row of the record, and a person's attention. */
import { mcpFaults, type Message } from "@castellan/mcp";

/** More than any server needs that means well. */
const maxQuestions = 1_024;

export class QuestionBudget {
  readonly #most: number;
  #asked = 0;

  constructor(most: number = maxQuestions) {
    this.#most = most;
  }

  /** Counts a message if it is a question; a ping is none. Throws `upstream_invalid` for one too many. */
  count(message: Message): void {
    if (message.kind !== "request" || message.method === "ping" || ++this.#asked <= this.#most) return;
    throw mcpFaults.fault("upstream_invalid", `The server asked more than ${this.#most} questions in one call`);
  }
}
