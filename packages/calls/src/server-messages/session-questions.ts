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

/** Disposing of it forgets what is still open: the exchange that it was asked in has ended. */
export function sessionQuestions(options: {
  session: Pick<CallerSession, "ask">;
  channel: Channel;
  say: ServerExchange["say"];
}): SessionQuestions {
  const { session, channel, say } = options;
  const open = new Map<RequestId, AskedQuestion>();

  function reply({ id }: RequestMessage, answer: { result: string } | { error: string }): Promise<void> {
    const text = "result" in answer ? resultText(id, answer.result) : errorText(id, answer.error);
    return channel.send(text).catch(() => undefined);
  }

  return {
    reply,
    async ask(question) {
      const { id, method } = question;
      const asked = session.ask({
        method,
        params: memberText(question, "params"),
        async onAnswer({ text, spans }) {
          forget();
          const span = spans.get("id");
          if (span) await channel.send(edit(text, [{ span, text: JSON.stringify(id) }]));
        },
        onProgress: ({ text }) => channel.send(text),
        onGone() {
          forget();
          void reply(question, { error: gone });
        },
      });
      // A server that uses an id again has forgotten what it asked under it.
      open.get(id)?.[Symbol.dispose]();
      open.set(id, asked);
      const forget = () => open.get(id) === asked && open.delete(id);
      if (await say(asked.text)) return true;
      forget();
      asked[Symbol.dispose]();
      return false;
    },
    withdraw(requestId, message) {
      const asked = open.get(requestId as RequestId);
      if (!asked) return;
      open.delete(requestId as RequestId);
      asked[Symbol.dispose]();
      void say(underId(message, asked.id));
    },
    [Symbol.dispose]() {
      for (const asked of open.values()) asked[Symbol.dispose]();
      open.clear();
    },
  };
}

const gone = JSON.stringify({ code: rpcCodes.serverError, message: "The client will not answer any more" });

function underId({ text, spans }: NotificationMessage, id: string): string {
  const span = objectMembers(text, spans.get("params")?.start).get("requestId");
  return span ? edit(text, [{ span, text: JSON.stringify(id) }]) : text;
}
