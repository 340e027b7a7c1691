/**
 * What the client of one session was asked by this replica and has not answered yet. Servers choose ids of
 * their own, which may be the same ones, so the client gets ids of the session's making.
 */
import type { AskedQuestion, ClientQuestion } from "@castellan/calls";
import { memberOf, requestText, type NotificationMessage, type ResponseMessage } from "@castellan/mcp";

const maxOpen = 256;
/** UTF-16 units of all that are open; one that is larger by itself is the only one. */
const maxOpenChars = 16 * 1024 * 1024;

interface Open {
  readonly question: ClientQuestion;
  readonly chars: number;
  readonly progressToken: string | number | undefined;
}

export class Questions {
  readonly #open = new Map<string, Open>();
  #chars = 0;
  readonly #nextId: () => string;

  constructor(nextId: () => string) {
    this.#nextId = nextId;
  }

  ask(question: ClientQuestion): AskedQuestion {
    const id = this.#nextId();
    const text = requestText(id, question.method, question.params);
    const { length: chars } = text;
    this.#open.set(id, { question, chars, progressToken: progressTokenIn(question.params) });
    this.#chars += chars;
    this.#giveUpOldest();
    return { id, text, [Symbol.dispose]: () => void this.#forget(id) };
  }

  /** Hands the client's answer over; one to nothing asked goes nowhere. Throws what the asker does. */
  async reply(answer: ResponseMessage): Promise<void> {
    const open = typeof answer.id === "string" ? this.#forget(answer.id) : undefined;
    await open?.question.onAnswer(answer);
  }

  /** Tells who asked the newest question with this progress token, and no other; false when nobody did. */
  async progress(notification: NotificationMessage): Promise<boolean> {
    const token = notification.params?.["progressToken"];
    if (token === undefined) return true;
    const asked = [...this.#open.values()].findLast(({ progressToken }) => progressToken === token);
    await asked?.question.onProgress?.(notification);
    return asked !== undefined;
  }

  /** No answer will come to any. */
  close(): void {
    for (const id of this.#open.keys()) this.#forget(id)?.question.onGone?.();
  }

  #forget(id: string): Open | undefined {
    const open = this.#open.get(id);
    if (open) this.#chars -= open.chars;
    this.#open.delete(id);
    return open;
  }

  /** A server that floods its client with questions loses its oldest. */
  #giveUpOldest(): void {
    for (const id of this.#open.keys()) {
      if (this.#open.size <= maxOpen && (this.#open.size <= 1 || this.#chars <= maxOpenChars)) return;
      this.#forget(id)?.question.onGone?.();
    }
  }
}

const maxTokenChars = 256;

/** What the protocol allows as a token, and of a size that may be kept. */
function progressTokenIn(params: string | undefined): string | number | undefined {
  const meta = params === undefined ? undefined : memberOf(params, "_meta");
  const text = meta?.startsWith("{") ? memberOf(meta, "progressToken") : undefined;
  if (text === undefined || text.length > 6 * maxTokenChars + 2) return undefined;
  const value: unknown = JSON.parse(text);
  if (typeof value === "number") return value;
  return typeof value === "string" && value.length <= maxTokenChars ? value : undefined;
}
