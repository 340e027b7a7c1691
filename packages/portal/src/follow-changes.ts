import { notificationText } from "@castellan/mcp";
import { listChangedMethod, type Subscriptions } from "./answers/listen.ts";
import type { PortalDirectory } from "./portals/portal-directory.ts";
import type { SessionRegistry } from "./sessions/session-registry.ts";

/** Tells every client with a stream when what its portal offers has changed. */
export function followChanges(parts: {
  directory: PortalDirectory;
  sessions: SessionRegistry;
  subscriptions: Subscriptions;
}): Disposable {
  const stop = parts.directory.onChange((portal, lists) => {
    parts.subscriptions.publish(portal, lists);
    for (const session of parts.sessions.at(portal))
      for (const list of lists) session.notify(notificationText(listChangedMethod(list)));
  });
  return { [Symbol.dispose]: stop };
}
