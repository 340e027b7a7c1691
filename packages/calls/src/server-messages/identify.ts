/**
 * What a message of a server is about, and whether that is its business: only what concerns the exchange
 * in which it speaks reaches the caller, and under the names that the caller knows.
 */
import {
  isAtLeast,
  isObject,
  withUri,
  type Message,
  type NotificationMessage,
  type RequestMessage,
} from "@castellan/mcp";
import type { ServerExchange } from "./exchange.ts";

export type Subject =
  /** A request: the server wants something of the caller. */
  | { readonly kind: "question"; readonly question: RequestMessage }
  /** A sign of life: the line's own business. */
  | { readonly kind: "ping"; readonly ping: RequestMessage }
  /** To be sent on, as this text. */
  | { readonly kind: "notification"; readonly text: string }
  /** A question of the server's own is void. */
  | { readonly kind: "withdrawal"; readonly requestId: unknown; readonly message: NotificationMessage }
  /** What the server offers is no longer what it was. */
  | { readonly kind: "list-changed" }
  /** Nothing that the caller asked for, or the server may speak of. */
  | { readonly kind: "nothing" };

const nothing: Subject = { kind: "nothing" };

/** On a stream that is the caller's alone every token is one of its own. */
export const anyProgress = Symbol("any progress token");

export function identify(message: Message, exchange: ServerExchange): Subject {
  if (message.kind === "request")
    return message.method === "ping"
      ? { kind: "ping", ping: message }
      : { kind: "question", question: message };
  if (message.kind !== "notification") return nothing;
  return (notifications.get(message.method) ?? asItCame)(message, exchange);
}

type Identify = (message: NotificationMessage, exchange: ServerExchange) => Subject;

const listChanged: Identify = () => ({ kind: "list-changed" });

const notifications: ReadonlyMap<string, Identify> = new Map(
  Object.entries<Identify>({
    /** A server that was given no token has no progress to report. */
    "notifications/progress": (message, { progressToken }) =>
      progressToken === anyProgress ||
      (progressToken !== undefined && message.params?.["progressToken"] === progressToken)
        ? asItCame(message)
        : nothing,
    "notifications/message": (message, { log }) =>
      log === "all" || (log !== "none" && isAtLeast(message.params?.["level"], log))
        ? asItCame(message)
        : nothing,
    "notifications/cancelled": (message) => ({
      kind: "withdrawal",
      requestId: message.params?.["requestId"],
      message,
    }),
    "notifications/resources/updated": (message, { subscribedUri }) => {
      const uri = message.params?.["uri"];
      const known = typeof uri === "string" ? subscribedUri?.(uri) : undefined;
      if (known === undefined) return nothing;
      return known === uri ? asItCame(message) : { kind: "notification", text: withUri(message.text, known) };
    },
    "notifications/elicitation/complete": (message, { knowsElicitation }) => {
      const id = message.params?.["elicitationId"];
      return typeof id === "string" && knowsElicitation?.(id) === true ? asItCame(message) : nothing;
    },
    // The portal tells of its own lists.
    "notifications/tools/list_changed": listChanged,
    "notifications/prompts/list_changed": listChanged,
    "notifications/resources/list_changed": listChanged,
    // What belongs to a subscription is told by who holds it (watch.ts).
    "notifications/subscriptions/acknowledged": () => nothing,
    "notifications/tasks": () => nothing,
  }),
);

function asItCame({ text }: NotificationMessage): Subject {
  return { kind: "notification", text };
}

/** The token of a request under which its sender wants to hear of progress. */
export function progressTokenOf({ params }: Pick<RequestMessage, "params">): string | number | undefined {
  const meta = params?.["_meta"];
  const token = isObject(meta) ? meta["progressToken"] : undefined;
  return typeof token === "string" || typeof token === "number" ? token : undefined;
}
