/** What a legacy server has asked and not been answered yet: while it waits for us, it may be silent. */
import { parseMessage, type Message, type RequestId } from "../jsonrpc/message.ts";
import type { Silence } from "./silence.ts";

/** A server that asks more than this at once gets no more patience for it. */
const maxQuestions = 100;

export class OpenQuestions {
  readonly #clocks = new Set<Silence>();
  readonly #holds = new Map<RequestId, readonly Disposable[]>();

  /** A request is under way, with its clock, until what is returned is disposed of. */
  begin(clock: Silence): Disposable {
    this.#clocks.add(clock);
    return {
      [Symbol.dispose]: () => {
        this.#clocks.delete(clock);
        if (this.#clocks.size === 0) this.#holds.clear();
      },
    };
  }

  /**
   * Notes a question, or that the server takes one back. `clock` is that of the request on whose stream the
   * message came; without one it may belong to any of those under way.
   */
  note(message: Message, clock?: Silence): void {
    if (message.kind === "request") {
      this.#release(message.id);
      if (this.#holds.size >= maxQuestions) return;
      const clocks = clock ? [clock] : [...this.#clocks];
      const holds = clocks.map((each) => each.hold());
      this.#holds.set(message.id, holds);
    } else if (message.kind === "notification" && message.method === "notifications/cancelled") {
      this.#release(message.params?.["requestId"]);
    }
  }

  /** A whole message that went to the server: if it answers a question, the server's time runs again. */
  sent(text: string): void {
    if (this.#holds.size === 0) return;
    const message = parseMessage(text);
    if (message.kind === "result" || message.kind === "error") this.#release(message.id);
  }

  #release(id: unknown): void {
    if (typeof id !== "string" && typeof id !== "number") return;
    for (const hold of this.#holds.get(id) ?? []) hold[Symbol.dispose]();
    this.#holds.delete(id);
  }
}
