import { notificationText } from "@castellan/mcp";
import { listChangedMethod, type Subscriptions } from "./answers/listen.ts";
import type { PortalDirectory } from "./portals/portal-directory.ts";
import type { SessionRegistry } from "./sessions/session-registry.ts";

/** Tells every client with a stream when what its portal offers has changed, or that the portal is gone. */
export function followChanges(parts: {
  directory: PortalDirectory;
  sessions: SessionRegistry;
  subscriptions: Subscriptions;
}): Disposable {
  const stop = parts.directory.onChange((portal, lists) => {
    const sessions = parts.sessions.at(portal);
    if (parts.directory.find(portal)) {
      parts.subscriptions.publish(portal, lists);
      for (const session of sessions)
        for (const list of lists) session.notify(notificationText(listChangedMethod(list)));
    } else {
      parts.subscriptions.end(portal);
      for (const session of sessions) void parts.sessions.end(session);
    }
  });
  return { [Symbol.dispose]: stop };
}
