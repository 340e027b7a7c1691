/** `subscriptions/listen` (2026-07-28): one request whose answer is a stream of notifications. */
import type { Answer } from "@castellan/calls";
import { isObject, mcpFaults, metaKeys, notificationText } from "@castellan/mcp";
import type { ListName } from "../portals/portal-directory.ts";
import type { LocalContext } from "./local-methods.ts";

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

const filterKeys: Readonly<Record<ListName, string>> = {
  tools: "toolsListChanged",
  prompts: "promptsListChanged",
  resources: "resourcesListChanged",
};

export function listChangedMethod(list: ListName): string {
  return `notifications/${list}/list_changed`;
}

/** Honours what the portal can tell of itself; the acknowledgement says what that is. */
export function listen({ call, target, open, subscriptions, streams }: LocalContext): Answer {
  if (!call.acceptsStream)
    throw mcpFaults.fault("not_acceptable", "Accept must list text/event-stream", { field: "Accept" });
  const wanted = target.request.params?.["notifications"];
  if (!isObject(wanted))
    throw mcpFaults.fault("params_invalid", "params.notifications must be an object", {
      field: "params.notifications",
    });
  const honoured = (Object.keys(filterKeys) as ListName[]).filter(
    (list) => wanted[filterKeys[list]] === true,
  );
  // The stream may last for days, and would keep alive whatever it refers to: not the whole request.
  const { authorization, cancel } = call;
  const { tokenId: principalId } = call.principal;
  const portal = open.portal.slug;
  streams.assertRoom(principalId);
  const _meta = { [metaKeys.subscriptionId]: target.request.id };
  const result = JSON.stringify({ resultType: "complete", _meta });

  return {
    kind: "result",
    text: result,
    outcome: "ok",
    async stream(send) {
      const ended = Promise.withResolvers<void>();
      using _watched = streams.watch({ principalId, authorization, portal, end: ended.resolve });
      const notifications = Object.fromEntries(honoured.map((list) => [filterKeys[list], true]));
      send(
        notificationText(
          "notifications/subscriptions/acknowledged",
          JSON.stringify({ notifications, _meta }),
        ),
      );
      using _subscription = subscriptions.add({
        portal,
        onListChanged: (list) => {
          if (honoured.includes(list))
            send(notificationText(listChangedMethod(list), JSON.stringify({ _meta })));
        },
        onEnd: ended.resolve,
      });
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
