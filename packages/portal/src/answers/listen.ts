/**
 * `subscriptions/listen` (2026-07-28): one request whose answer is a stream of notifications. The portal
 * tells of its own lists; resources and tasks are watched at their servers, of either era.
 */
import { setTimeout } from "node:timers/promises";
import { isGranted, reachOf, type Use } from "@castellan/access";
import { createTaskNews, listenerOf, ownerOf, type Answer } from "@castellan/calls";
import { mcpFaults, metaKeys, notificationText } from "@castellan/mcp";
import { listChangedMethod, type ListName } from "../portals/list-changes.ts";
import { seenBy, type Comer } from "../connections/connection.ts";
import { parseFilter } from "./listen-filter.ts";
import type { LocalContext } from "./local-methods.ts";
import { SeenLists } from "./seen-lists.ts";
import { watchServers } from "./watch-servers.ts";

/** Who listens to which portal on this replica. */
export class Subscriptions {
  readonly #listeners = new Set<Listener>();

  add(listener: Listener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** The portal is another one: its servers, perhaps, who is let in, and these of its lists. */
  publish(portal: string, lists: readonly ListName[]): void {
    for (const listener of this.#listeners) if (listener.portal === portal) listener.onChange(lists);
  }

  /** Somebody has chosen other servers, or has something else at one. */
  chosen(principalId: string): void {
    for (const listener of this.#listeners) if (listener.principalId === principalId) listener.onChange([]);
  }

  /** The portal is gone: those who listen to it hear the end. */
  end(portal: string): void {
    for (const listener of this.#listeners) if (listener.portal === portal) listener.onEnd();
  }
}

interface Listener {
  readonly portal: string;
  readonly principalId: string;
  readonly onChange: (lists: readonly ListName[]) => void;
  readonly onEnd: () => void;
}

/** Honours what the portal and its servers can tell; the acknowledgement says what that is. */
export function listen(context: LocalContext): Answer {
  const { call, target, subscriptions, underWay } = context;
  const { open, reach, choices, isOpenTo, lists, narrowedTo } = context.connection;
  if (!call.acceptsStream)
    throw mcpFaults.fault("not_acceptable", "Accept must list text/event-stream", { field: "Accept" });
  const owner = { principalId: call.principal.id, portal: open.portal.slug };
  const granted = (use: Use) => isGranted(reach, use);
  const filter = parseFilter(
    target.request.params,
    { scope: open.scope("modern"), granted },
    owner,
    context.mac,
  );
  // The stream may last for days, and would keep alive whatever it refers to: not the whole request.
  const { authorization, connection, cancel } = call;
  const { directory, lists: listWatches, upstreams, identity, onError } = context;
  const { portal } = owner;
  let { principal, judge } = context.connection;
  underWay.assertRoom(principal.id);
  const subscriptionId = target.request.id;
  const _meta = { [metaKeys.subscriptionId]: subscriptionId };
  const result = JSON.stringify({ resultType: "complete", _meta });
  /** The portal as the caller sees it now. */
  const seen = () => {
    const now = directory.find(portal);
    return now && seenBy(now, { principal, judge, choices, isOpenTo, lists, narrowedTo });
  };
  const scope = () => seen()?.scope("modern");
  const isRead = (serverId: string, publicUri: string) => {
    const whole = directory.find(portal);
    const found = scope()?.find("resource", publicUri);
    if (!whole || found?.server.server.id !== serverId) return false;
    return isGranted(reachOf(principal, whole.portal), {
      server: found.server.server.slug,
      toolClass: "read",
    });
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
      const seenLists = new SeenLists("modern", seen());
      const watchedFor = () => ownerOf(principal, portal);
      const ports = { upstreams, listWatches, taskNews, identity, owner: watchedFor, onError };
      const { promise: told, resolve: onTold } = Promise.withResolvers<void>();
      let isAcknowledged = false;
      using servers = watchServers({
        filter,
        subscriptionId,
        send: async (text) => {
          await told;
          return send(text);
        },
        isAcknowledged: () => isAcknowledged,
        isRead,
        ...ports,
      });
      const unsaid = new Set<ListName>();
      const follow = (changed: readonly ListName[] = []) => {
        const now = seen();
        servers.follow(now?.scope("modern").servers ?? []);
        for (const list of changed) unsaid.add(list);
        if (!isAcknowledged) return;
        const all = [...unsaid];
        unsaid.clear();
        for (const list of seenLists.changes(now, all))
          if (filter.lists.includes(list))
            void send(notificationText(listChangedMethod(list), JSON.stringify({ _meta })));
      };
      const onChange = (now: Comer) => {
        ({ principal, judge } = now);
        follow();
      };
      const onEnd = ended.resolve;
      using _watched = underWay.watch({
        principal,
        judge,
        connection,
        authorization,
        portal,
        onChange,
        onEnd,
      });
      using _subscription = subscriptions.add({
        portal,
        principalId: owner.principalId,
        onChange: follow,
        onEnd,
      });
      // As they are now: some may have gone since the filter was read.
      follow();
      const over = Promise.race([ended.promise, aborted(cancel.signal)]);
      // Whoever is told that they are heard goes on: what changes from then on has to be heard.
      await within(acknowledgedWithinMs, Promise.race([servers.settled(), over]));
      isAcknowledged = true;
      await send(acknowledged);
      onTold();
      follow();
      await over;
      return result;
    },
  };
}

/** A server that takes longer is heard later, and its resources are told of as changed then. */
const acknowledgedWithinMs = 500;

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const patience = new AbortController();
  await Promise.race([work, setTimeout(ms, undefined, { signal: patience.signal })]);
  patience.abort();
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
