/**
 * The way of what a server sends of its own accord. A question is on record before the caller sees it,
 * and also when it is refused; the rest (progress, log, updates) is not recorded.
 */
import { memberText, rpcCodes, type Message, type RequestMessage } from "@castellan/mcp";
import type { Fault } from "@castellan/kernel";
import { defineStage, stageTable } from "../stages/stage.ts";
import type { AskedClient, ServerExchange } from "./exchange.ts";
import { identify, type Subject } from "./identify.ts";
import { objectionTo } from "./judge.ts";
import { recordQuestion, type RecordPorts } from "./record.ts";

export interface HearPorts extends RecordPorts {
  /** A server says that what it offers has changed. */
  readonly onListChanged?: ((serverId: string) => void) | undefined;
}

export interface Heard {
  readonly message: Message;
  readonly exchange: ServerExchange;
}

interface Identified extends Heard {
  readonly subject: Subject;
}

interface Judged extends Identified {
  readonly objection: Fault | undefined;
}

export const serverMessageStages = stageTable<Heard, HearPorts>()
  .with(
    defineStage<Heard, Pick<Identified, "subject">, HearPorts>({
      name: "identify",
      owner: "calls",
      does: "message → its subject, if it belongs to the exchange in which the server speaks",
      run: ({ message, exchange }) => ({ subject: identify(message, exchange) }),
    }),
  )
  .with(
    defineStage<Identified, Pick<Judged, "objection">, HearPorts>({
      name: "policy",
      owner: "calls",
      does: "may this server ask this of a client: a form, a page, its model, its folders",
      run: ({ subject, exchange: { server, client = nobody } }) => ({
        objection: subject.kind === "question" ? objectionTo(subject.question, server, client) : undefined,
      }),
    }),
  )
  .with(
    defineStage<Judged, object, HearPorts>({
      name: "record",
      owner: "audit",
      does: "a row for each question, committed before it leaves, also when it is refused",
      run: ({ subject, exchange, objection }, ports) => {
        // The modern era has no requests from server to client (2026-07-28, SEP-2322).
        if (subject.kind !== "question" || !exchange.ask) return nothing;
        const { server, listener } = exchange;
        const { method } = subject.question;
        const text = memberText(subject.question, "params") ?? "";
        return recordQuestion({ method, text, server, listener, objection }, ports).then(() => nothing);
      },
    }),
  )
  .with(
    defineStage<Judged, object, HearPorts>({
      name: "relay",
      owner: "portal",
      does: "to the caller, under the names that it knows; a question that cannot be put is answered here",
      run: relay,
    }),
  );

const nothing = {};
const nobody: AskedClient = { capabilities: "{}", isReachable: false };

function relay({ subject, exchange, objection }: Judged, ports: HearPorts): object | Promise<object> {
  switch (subject.kind) {
    case "notification": {
      const said = exchange.say(subject.text);
      return said instanceof Promise ? said.then(() => nothing) : nothing;
    }
    case "question":
      return put(subject.question, exchange, objection);
    case "ping":
      return replied(exchange.reply?.(subject.ping, { result: "{}" }));
    case "withdrawal":
      exchange.withdraw?.(subject.requestId, subject.message);
      return nothing;
    case "list-changed":
      ports.onListChanged?.(exchange.server.server.id);
      return nothing;
    case "nothing":
      return nothing;
  }
}

/** Nobody would ever answer a question that is not put, and the server would wait: it is told. */
async function put(
  question: RequestMessage,
  exchange: ServerExchange,
  objection: Fault | undefined,
): Promise<object> {
  const refuse = (message: string, code: string) =>
    exchange.reply?.(question, {
      error: JSON.stringify({ code: rpcCodes.serverError, message, data: { code } }),
    });
  if (objection) {
    exchange.onRefused?.(objection);
    await refuse(objection.message, objection.code);
  } else if (exchange.ask && !(await exchange.ask(question)))
    await refuse("The client cannot be asked", "client_unanswered");
  return nothing;
}

/** What a server sends faster than it takes answers must not pile up here. */
function replied(taken: void | Promise<void>): object | Promise<object> {
  return taken instanceof Promise ? taken.then(() => nothing) : nothing;
}
