/** Watches servers on behalf of one subscription, and tells the client what they say under the names that it knows. */
import {
  upstreamEra,
  watchServer,
  type CatalogServer,
  type ListWatches,
  type TaskNews,
  type Upstreams,
  type WatchOptions,
} from "@castellan/calls";
import type { Owner } from "@castellan/credentials";
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
  /** Waits until the client was told that it is heard, so that nothing is said before. */
  readonly send: (text: string) => Promise<boolean>;
  /** Whether the client was told that it is heard: what is held only from then on may have changed before. */
  readonly isAcknowledged: () => boolean;
  readonly upstreams: Upstreams;
  readonly listWatches: Pick<ListWatches, "retain">;
  /** Whether the client would read this URI at this server at this moment. */
  readonly isRead: (serverId: string, publicUri: string) => boolean;
  /** What of a task may be told. */
  readonly taskNews: TaskNews;
  readonly identity: Identity;
  /** Whom it is watched for, as they are known at the moment. */
  readonly owner: () => Owner;
  /** Told of defects. */
  readonly onError: (error: unknown) => void;
}

export interface ServersWatch extends Disposable {
  /** Watches what is wanted of these servers, and of no others: the portal's own at this moment. */
  follow(servers: readonly CatalogServer[]): void;
  /** Resolves when each of those that are followed is held, or was found not to be held at once. */
  settled(): Promise<unknown>;
}

export function watchServers(options: WatchServersOptions): ServersWatch {
  const { filter, listWatches, isAcknowledged } = options;
  const watches = new Map<string, { readonly stop: AbortController; readonly revision: number }>();
  /** What was watched before and is watched again: something may have been missed. */
  const left = new Set<string>();
  const tries: Promise<void>[] = [];
  let lists: Disposable | undefined;
  return {
    follow(servers) {
      const byId = new Map(servers.map((server) => [server.server.id as string, server]));
      for (const watched of filter.servers) {
        const { id } = watched.server.server;
        const [server, watch] = [byId.get(id), watches.get(id)];
        // One that is reached in another way now is another one: nothing more is sent to where it was, nor with what.
        const isSame = server?.server.revision === watch?.revision;
        if (watch && !isSame) {
          watches.delete(id);
          left.add(id);
          watch.stop.abort();
        }
        if (server && !isSame) {
          const stop = new AbortController();
          watches.set(id, { stop, revision: server.server.revision });
          const isLater = left.has(id);
          const startsAfterGap = () => isLater || isAcknowledged();
          const { promise, resolve: onTried } = Promise.withResolvers<void>();
          if (!isAcknowledged()) tries.push(promise);
          const { signal } = stop;
          const era = upstreamEra(server, "modern") ?? watched.era;
          void watchOne({ ...watched, server, era }, { ...options, startsAfterGap, onTried, signal }).then(
            onTried,
          );
        }
      }
      const before = lists;
      lists = filter.lists.length > 0 ? listWatches.retain(servers) : undefined;
      before?.[Symbol.dispose]();
    },
    settled: () => Promise.all(tries),
    [Symbol.dispose]() {
      for (const { stop } of watches.values()) stop.abort();
      lists?.[Symbol.dispose]();
    },
  };
}

function watchOne(
  watched: WatchedServer,
  {
    subscriptionId,
    send,
    upstreams,
    isRead,
    taskNews,
    identity,
    owner,
    startsAfterGap,
    onTried,
    onError,
    signal,
  }: WatchServersOptions &
    Pick<WatchOptions, "signal"> &
    Required<Pick<WatchOptions, "startsAfterGap" | "onTried">>,
): Promise<void> {
  const { server, era, uris, taskIds } = watched;
  const isKnown = (publicUri: string) => isRead(server.server.id, publicUri);
  const say = async (text: string) => void (await send(withSubscriptionId(text, subscriptionId)));
  return watchServer(
    {
      server,
      era,
      uris: [...uris.keys()],
      taskIds: [...taskIds.keys()],
      owner,
      clientInfo: JSON.stringify(identity),
      onMessage: async (message) => {
        const isTask = message.method === "notifications/tasks";
        const text = isTask
          ? await taskFor(message, watched, taskNews)
          : updateFor(message, watched, isKnown);
        if (text !== undefined) await say(text);
      },
      startsAfterGap,
      onTried,
      // What was missed while it was broken is not known: the client reads what it watches again.
      onGap: () => {
        for (const uri of uris.values()) if (isKnown(uri)) void say(updated(uri));
      },
      onError,
      signal,
    },
    upstreams,
  );
}

function updated(uri: string): string {
  return notificationText("notifications/resources/updated", JSON.stringify({ uri }));
}

/**
 * Only what was subscribed to; a server may name a part of a resource (resources, "Subscriptions"). What was
 * withheld since is not told of.
 */
function updateFor(
  { method, params, text }: NotificationMessage,
  { uris }: WatchedServer,
  isKnown: (publicUri: string) => boolean,
): string | undefined {
  const uri = params?.["uri"];
  if (method !== "notifications/resources/updated" || typeof uri !== "string") return undefined;
  const isPart = [...uris].some(([own, shown]) => own === shown && uri.startsWith(own));
  const known = uris.get(uri) ?? (isPart ? uri : undefined);
  if (known === undefined || !isKnown(known)) return undefined;
  return known === uri ? text : withUri(text, known);
}

/** Of a task that was asked for, under the id that the client knows it by. */
async function taskFor(
  message: NotificationMessage,
  { server, taskIds }: WatchedServer,
  taskNews: TaskNews,
): Promise<string | undefined> {
  const id = message.params?.["taskId"];
  const known = typeof id === "string" ? taskIds.get(id) : undefined;
  const text = known === undefined ? undefined : await taskNews(message, server);
  if (known === undefined || text === undefined) return undefined;
  const [span] = spansAt(text, ["params", "taskId"]);
  return span && edit(text, [{ span, text: JSON.stringify(known) }]);
}
