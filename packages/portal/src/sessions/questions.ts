/**
 * What servers have asked the client of one session and not been answered yet. Servers choose ids of
 * their own, which may be the same ones, so the client gets ids of the session's making.
 */
import {
  edit,
  errorText,
  isObject,
  memberText,
  objectMembers,
  requestText,
  rpcCodes,
  type Channel,
  type NotificationMessage,
  type RequestId,
  type RequestMessage,
  type ResponseMessage,
} from "@castellan/mcp";

const maxOpen = 256;

interface Question {
  /** The id that the server gave it. */
  readonly id: RequestId;
  readonly channel: Channel;
  readonly progressToken: string | number | undefined;
}

/** What the protocol allows as a token, and of a size that may be kept. */
function toProgressToken(value: unknown): string | number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && value.length <= 256 ? value : undefined;
}

export class Questions {
  readonly #open = new Map<RequestId, Question>();
  #last = 0;

  /** The question as the client is to be asked it. */
  ask({ id, method, params, ...message }: RequestMessage, channel: Channel): string {
    const own = `castellan-${++this.#last}`;
    const meta = params?.["_meta"];
    const progressToken = isObject(meta) ? toProgressToken(meta["progressToken"]) : undefined;
    this.#open.set(own, { id, channel, progressToken });
    this.#giveUpOldest();
    return requestText(own, method, memberText(message, "params"));
  }

  /** A server takes a question of its own back (`notifications/cancelled`): the same under the client's id. */
  withdraw({ text, params, spans }: NotificationMessage, channel: Channel): string | undefined {
    for (const [own, question] of this.#open) {
      if (question.channel !== channel || question.id !== params?.["requestId"]) continue;
      this.#open.delete(own);
      const span = objectMembers(text, spans.get("params")?.start).get("requestId");
      return span && edit(text, [{ span, text: JSON.stringify(own) }]);
    }
    return undefined;
  }

  /** Takes the client's answer to the server that asked; an answer to nothing asked goes nowhere. */
  async reply({ id, text, spans }: ResponseMessage): Promise<void> {
    const question = id === null ? undefined : this.#open.get(id);
    const span = spans.get("id");
    if (!question || id === null || !span) return;
    this.#open.delete(id);
    await question.channel.send(edit(text, [{ span, text: JSON.stringify(question.id) }]));
  }

  /** The line over which the newest question with this progress token came. */
  askerOf(progressToken: unknown): Channel | undefined {
    if (progressToken === undefined) return undefined;
    return [...this.#open.values()].findLast((question) => question.progressToken === progressToken)?.channel;
  }

  /** A server that floods its client with questions loses its oldest, and is told. */
  #giveUpOldest(): void {
    const [oldest] = this.#open;
    if (!oldest || this.#open.size <= maxOpen) return;
    const [own, { id, channel }] = oldest;
    this.#open.delete(own);
    const error = JSON.stringify({ code: rpcCodes.serverError, message: "Too many questions are open" });
    channel.send(errorText(id, error)).catch(() => undefined);
  }
}
