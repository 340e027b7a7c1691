/**
 * What a server sends ahead of its answer, on its way to the caller: only what concerns this exchange,
 * and under the ids that the caller knows.
 */
import {
  errorText,
  isObject,
  rpcCodes,
  type Channel,
  type Message,
  type NotificationMessage,
  type RequestMessage,
} from "@castellan/mcp";
import type { CallerSession, Received } from "../call.ts";

/** The exchange in which the server speaks. */
export interface Exchange {
  readonly call: Pick<Received, "relay">;
  readonly request: RequestMessage;
  readonly session: CallerSession | undefined;
  readonly channel: Channel;
}

export function relay(message: Message, { call, request, session, channel }: Exchange): void {
  if (message.kind === "notification") {
    const text = relayedNotification(message, { request, session, channel });
    if (text !== undefined) call.relay(text);
    return;
  }
  // The modern era has no requests from server to client (2026-07-28, SEP-2322).
  if (message.kind !== "request" || !session) return;
  if (call.relay(session.ask(message, channel))) return;
  // Nobody would ever answer it, and the server would wait.
  const error = JSON.stringify({
    code: rpcCodes.serverError,
    message: "The client cannot be asked any more",
  });
  channel.send(errorText(message.id, error)).catch(() => undefined);
}

/** What a notification says about another request, or to another server's question, is not this server's to say. */
function relayedNotification(
  message: NotificationMessage,
  { request, session, channel }: Omit<Exchange, "call">,
): string | undefined {
  switch (message.method) {
    case "notifications/progress":
      return message.params?.["progressToken"] === progressTokenOf(request) ? message.text : undefined;
    case "notifications/cancelled":
      return session?.withdraw(message, channel);
    // The portal tells of its own lists.
    case "notifications/tools/list_changed":
    case "notifications/prompts/list_changed":
    case "notifications/resources/list_changed":
      return undefined;
    default:
      return message.text;
  }
}

/** A server that was given no token has no progress to report. */
function progressTokenOf({ params }: RequestMessage): unknown {
  const meta = params?.["_meta"];
  return (isObject(meta) ? meta["progressToken"] : undefined) ?? noToken;
}

const noToken = Symbol("no progress token");
