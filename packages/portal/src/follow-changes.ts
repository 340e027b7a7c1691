import type { Subscriptions } from "./answers/listen.ts";
import type { PortalDirectory } from "./portals/portal-directory.ts";
import type { SessionRegistry } from "./sessions/session-registry.ts";

/** Tells every client with a stream when what its portal offers has changed, or that the portal is gone. */
export function followChanges(parts: {
  directory: PortalDirectory;
  sessions: SessionRegistry;
  subscriptions: Subscriptions;
  /** Told of what the database could not be told. */
  onError: (error: unknown) => void;
}): Disposable {
  const { directory, sessions, subscriptions, onError } = parts;
  const stop = directory.onChange((portal, lists) => {
    if (!directory.find(portal)) {
      subscriptions.end(portal);
      sessions.endAt(portal).catch(onError);
      return;
    }
    subscriptions.publish(portal, lists);
    // On the replica that has the stream of the session; the others say nothing.
    for (const { stream } of sessions.at(portal)) {
      stream.portalChanged(lists);
    }
  });
  return { [Symbol.dispose]: stop };
}
