/** A legacy server's questions, put to a legacy client under ids of the session's own; the answers go back as they came. */
import {
  edit,
  errorText,
  memberText,
  objectMembers,
  resultText,
  rpcCodes,
  type Channel,
  type NotificationMessage,
  type RequestId,
  type RequestMessage,
} from "@castellan/mcp";
import type { AskedQuestion, CallerSession } from "../call.ts";
import type { ServerExchange } from "./exchange.ts";

export type SessionQuestions = Required<Pick<ServerExchange, "ask" | "reply" | "withdraw">> & Disposable;

interface Open {
  readonly asked: AskedQuestion;
  readonly patience: NodeJS.Timeout;
  readonly held: Disposable | undefined;
}

/** A server may be silent for as long as its question is open: without an end, so would be its call. */
const patienceMs = 60 * 60_000;

/** Disposing of it forgets what is still open: the exchange that it was asked in has ended. */
export function sessionQuestions(options: {
  session: Pick<CallerSession, "ask">;
  channel: Pick<Channel, "send">;
  say: ServerExchange["say"];
  /** Called as a question is asked; what comes back is disposed of when it is not open any more. */
  hold?: () => Disposable | undefined;
  /** How long the client may take to answer, milliseconds. */
  patienceMs?: number;
}): SessionQuestions {
  const { session, channel, say } = options;
  const open = new Map<RequestId, Open>();

  function reply({ id }: RequestMessage, answer: { result: string } | { error: string }): Promise<void> {
    const text = "result" in answer ? resultText(id, answer.result) : errorText(id, answer.error);
    return channel.send(text).catch(() => undefined);
  }

  function forget(id: RequestId, one: Open): void {
    clearTimeout(one.patience);
    one.asked[Symbol.dispose]();
    one.held?.[Symbol.dispose]();
    if (open.get(id) === one) open.delete(id);
  }

  return {
    reply,
    async ask(question) {
      const { id, method } = question;
      const giveUp = () => {
        forget(id, one);
        void reply(question, { error: gone });
      };
      const asked = session.ask({
        method,
        params: memberText(question, "params"),
        async onAnswer({ text, spans }) {
          forget(id, one);
          const span = spans.get("id");
          if (span) await channel.send(edit(text, [{ span, text: JSON.stringify(id) }]));
        },
        onProgress: ({ text }) => channel.send(text),
        onGone: giveUp,
      });
      const one: Open = {
        asked,
        patience: setTimeout(giveUp, options.patienceMs ?? patienceMs).unref(),
        held: options.hold?.(),
      };
      const before = open.get(id);
      // A server that uses an id again has forgotten what it asked under it.
      if (before) forget(id, before);
      open.set(id, one);
      if (await say(asked.text)) return true;
      forget(id, one);
      return false;
    },
    withdraw(requestId, message) {
      const one = open.get(requestId as RequestId);
      if (!one) return;
      forget(requestId as RequestId, one);
      void say(underId(message, one.asked.id));
    },
    [Symbol.dispose]() {
      for (const [id, one] of open) forget(id, one);
    },
  };
}

const gone = JSON.stringify({ code: rpcCodes.serverError, message: "The client will not answer any more" });

function underId({ text, spans }: NotificationMessage, id: string): string {
  const span = objectMembers(text, spans.get("params")?.start).get("requestId");
  return span ? edit(text, [{ span, text: JSON.stringify(id) }]) : text;
}
