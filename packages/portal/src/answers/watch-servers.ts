/** Watches servers on behalf of one subscription, and tells the client what they say under the names that it knows. */
import { watchServer, type Upstreams } from "@castellan/calls";
import {
  edit,
  notificationText,
  spansAt,
  withSubscriptionId,
  withUri,
  type NotificationMessage,
  type RequestId,
} from "@castellan/mcp";
import type { Filter, WatchedServer } from "./listen-filter.ts";
import type { Identity } from "./hello.ts";

export interface WatchServersOptions {
  readonly filter: Filter;
  readonly subscriptionId: RequestId;
  readonly send: (text: string) => boolean | Promise<boolean>;
  readonly upstreams: Upstreams;
  readonly identity: Identity;
  /** Told of defects. */
  readonly onError: (error: unknown) => void;
}

export function watchServers(options: WatchServersOptions): Disposable {
  const { filter, subscriptionId, send, upstreams, identity, onError } = options;
  const stop = new AbortController();
  const say = async (text: string) => void (await send(withSubscriptionId(text, subscriptionId)));
  for (const watched of filter.servers) {
    const { server, era, uris, taskIds } = watched;
    void watchServer(
      {
        server,
        era,
        uris: [...uris.keys()],
        taskIds: [...taskIds.keys()],
        clientInfo: JSON.stringify(identity),
        onMessage: (message) => {
          const text = toClientText(message, watched);
          return text === undefined ? undefined : say(text);
        },
        // What was missed while it was broken is not known: the client reads what it watches again.
        onGap: () => {
          for (const uri of uris.values()) void say(updated(uri));
        },
        onError,
        signal: stop.signal,
      },
      upstreams,
    );
  }
  return { [Symbol.dispose]: () => stop.abort() };
}

function updated(uri: string): string {
  return notificationText("notifications/resources/updated", JSON.stringify({ uri }));
}

/** Only what was subscribed to; a server may name a part of a resource (resources, "Subscriptions"). */
function toClientText(message: NotificationMessage, { uris, taskIds }: WatchedServer): string | undefined {
  const { method, params, text } = message;
  if (method === "notifications/resources/updated") {
    const uri = params?.["uri"];
    if (typeof uri !== "string") return undefined;
    const known = uris.get(uri);
    if (known !== undefined) return known === uri ? text : withUri(text, known);
    return [...uris].some(([own, shown]) => own === shown && uri.startsWith(own)) ? text : undefined;
  }
  if (method !== "notifications/tasks") return undefined;
  const id = params?.["taskId"];
  const known = typeof id === "string" ? taskIds.get(id) : undefined;
  const [span] = spansAt(text, ["params", "taskId"]);
  return known !== undefined && span ? edit(text, [{ span, text: JSON.stringify(known) }]) : undefined;
}
