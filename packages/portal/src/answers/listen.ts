/**
 * `subscriptions/listen` (2026-07-28): one request whose answer is a stream of notifications. The portal
 * tells of its own lists; resources and tasks are watched at their servers, of either era.
 */
import type { Answer } from "@castellan/calls";
import { mcpFaults, metaKeys, notificationText } from "@castellan/mcp";
import type { ListName } from "../portals/portal-directory.ts";
import { parseFilter, type Filter } from "./listen-filter.ts";
import type { LocalContext } from "./local-methods.ts";
import { watchServers } from "./watch-servers.ts";

/** Who listens to which portal on this replica. */
export class Subscriptions {
  readonly #listeners = new Set<Listener>();

  add(listener: Listener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  publish(portal: string, lists: readonly ListName[]): void {
    for (const listener of this.#listeners)
      if (listener.portal === portal) for (const list of lists) listener.onListChanged(list);
  }

  /** The portal is gone: those who listen to it hear the end. */
  end(portal: string): void {
    for (const listener of this.#listeners) if (listener.portal === portal) listener.onEnd();
  }
}

interface Listener {
  readonly portal: string;
  readonly onListChanged: (list: ListName) => void;
  readonly onEnd: () => void;
}

export function listChangedMethod(list: ListName): string {
  return `notifications/${list}/list_changed`;
}

/** Honours what the portal and its servers can tell; the acknowledgement says what that is. */
export function listen(context: LocalContext): Answer {
  const { call, target, open, subscriptions, streams } = context;
  if (!call.acceptsStream)
    throw mcpFaults.fault("not_acceptable", "Accept must list text/event-stream", { field: "Accept" });
  const owner = { principalId: call.principal.tokenId, portal: open.portal.slug };
  const filter = parseFilter(target.request.params, open.scope("modern"), owner, context.mac);
  // The stream may last for days, and would keep alive whatever it refers to: not the whole request.
  const { authorization, cancel } = call;
  const { lists: watchLists, upstreams, identity, onError } = context;
  const { principalId, portal } = owner;
  streams.assertRoom(principalId);
  const subscriptionId = target.request.id;
  const _meta = { [metaKeys.subscriptionId]: subscriptionId };
  const result = JSON.stringify({ resultType: "complete", _meta });
  const acknowledged = notificationText(
    "notifications/subscriptions/acknowledged",
    JSON.stringify({ notifications: filter.honoured, _meta }),
  );

  return {
    kind: "result",
    text: result,
    outcome: "ok",
    async stream(send) {
      const ended = Promise.withResolvers<void>();
      using _watched = streams.watch({ principalId, authorization, portal, end: ended.resolve });
      await send(acknowledged);
      using _subscription = subscriptions.add({
        portal,
        onListChanged: (list) => {
          if (filter.lists.includes(list))
            void send(notificationText(listChangedMethod(list), JSON.stringify({ _meta })));
        },
        onEnd: ended.resolve,
      });
      using _lists = retainLists(filter, open.scope("modern").servers, watchLists);
      using _servers = watchServers({ filter, subscriptionId, send, upstreams, identity, onError });
      await Promise.race([ended.promise, aborted(cancel.signal)]);
      return result;
    },
  };
}

function retainLists(
  { lists }: Filter,
  servers: Parameters<LocalContext["lists"]["retain"]>[0],
  watches: LocalContext["lists"],
): Disposable {
  return watches.retain(lists.length === 0 ? [] : servers);
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
