import type { PersonalLists } from "@castellan/calls";
import type { Subscriptions } from "./answers/listen.ts";
import type { Choices } from "./choices/choices.ts";
import type { ListName } from "./portals/list-changes.ts";
import type { PortalDirectory } from "./portals/portal-directory.ts";
import type { SessionRegistry } from "./sessions/session-registry.ts";

/** Tells every client with a stream when what its portal offers, or what its person has chosen of it or has there alone, has changed, or that the portal is gone. */
export function followChanges(parts: {
  directory: PortalDirectory;
  sessions: SessionRegistry;
  subscriptions: Subscriptions;
  choices?: Pick<Choices, "onChange"> | undefined;
  lists?: Pick<PersonalLists, "onChange"> | undefined;
  /** Told of what the database could not be told. */
  onError: (error: unknown) => void;
}): Disposable {
  const { directory, sessions, subscriptions, choices, lists, onError } = parts;
  const stop = new DisposableStack();
  const portalChanged = (portal: string, lists: readonly ListName[]) => {
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
  };
  stop.defer(directory.onChange(portalChanged));
  const callerChanged = (principalId: string) => {
    subscriptions.chosen(principalId);
    for (const { stream } of sessions.of(principalId)) stream.portalChanged();
  };
  if (choices) stop.defer(choices.onChange(callerChanged));
  if (lists) stop.defer(lists.onChange(callerChanged));
  return stop;
}
