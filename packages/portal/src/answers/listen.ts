/**
 * `subscriptions/listen` (2026-07-28): one request whose answer is a stream of notifications. The portal
 * tells of its own lists; resources and tasks are watched at their servers, of either era.
 */
import { createTaskNews, listenerOf, type Answer } from "@castellan/calls";
import { mcpFaults, metaKeys, notificationText } from "@castellan/mcp";
import type { ListName } from "../portals/list-changes.ts";
import { seenBy } from "../connections/connection.ts";
import { parseFilter } from "./listen-filter.ts";
import type { LocalContext } from "./local-methods.ts";
import { watchServers } from "./watch-servers.ts";

/** Who listens to which portal on this replica. */
export class Subscriptions {
  readonly #listeners = new Set<Listener>();

  add(listener: Listener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** What the portal offers has changed: its servers, perhaps, and these of its lists. */
  publish(portal: string, lists: readonly ListName[]): void {
    for (const listener of this.#listeners) {
      if (listener.portal !== portal) continue;
      listener.onServersChanged();
      for (const list of lists) listener.onListChanged(list);
    }
  }

  /** The portal is gone: those who listen to it hear the end. */
  end(portal: string): void {
    for (const listener of this.#listeners) if (listener.portal === portal) listener.onEnd();
  }
}

interface Listener {
  readonly portal: string;
  readonly onServersChanged: () => void;
  readonly onListChanged: (list: ListName) => void;
  readonly onEnd: () => void;
}

export function listChangedMethod(list: ListName): string {
  return `notifications/${list}/list_changed`;
}

/** Honours what the portal and its servers can tell; the acknowledgement says what that is. */
export function listen(context: LocalContext): Answer {
  const { call, target, subscriptions, streams } = context;
  const { open, narrowedTo } = context.connection;
  if (!call.acceptsStream)
    throw mcpFaults.fault("not_acceptable", "Accept must list text/event-stream", { field: "Accept" });
  const owner = { principalId: call.principal.id, portal: open.portal.slug };
  const filter = parseFilter(target.request.params, open.scope("modern"), owner, context.mac);
  // The stream may last for days, and would keep alive whatever it refers to: not the whole request.
  const { authorization, cancel } = call;
  const { directory, lists: listWatches, upstreams, identity, onError } = context;
  const { principalId, portal } = owner;
  streams.assertRoom(principalId);
  const subscriptionId = target.request.id;
  const _meta = { [metaKeys.subscriptionId]: subscriptionId };
  const result = JSON.stringify({ resultType: "complete", _meta });
  const scope = () => {
    const now = directory.find(portal);
    return now && seenBy(now, narrowedTo).scope("modern");
  };
  const listener = listenerOf({ ...call, session: undefined, portal: { slug: portal } });
  const { audit, clock, replica } = context;
  const taskNews = createTaskNews({ listener, request: target.request, scope }, { audit, clock, replica });
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
      const isRead = (serverId: string, publicUri: string) =>
        scope()?.find("resource", publicUri)?.server.server.id === serverId;
      const ports = { upstreams, listWatches, taskNews, identity, onError };
      const watching = { filter, subscriptionId, send, isRead, ...ports };
      using servers = watchServers(watching);
      const follow = () => servers.follow(scope()?.servers ?? []);
      using _subscription = subscriptions.add({
        portal,
        onServersChanged: follow,
        onListChanged: (list) => {
          if (filter.lists.includes(list))
            void send(notificationText(listChangedMethod(list), JSON.stringify({ _meta })));
        },
        onEnd: ended.resolve,
      });
      // As they are now: some may have gone since the filter was read.
      follow();
      await Promise.race([ended.promise, aborted(cancel.signal)]);
      return result;
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
