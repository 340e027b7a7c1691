/** Servers of a portal that are new to a person: there since they were here last, and they were not told of them yet. */
import type { Connection } from "../connections/connection.ts";
import type { PeopleParts } from "./people-parts.ts";

/** Whoever is at a portal for the first time is told of nothing: all of it is new to them. */
export function welcome(
  { usable, choices }: Pick<Connection, "usable" | "choices">,
  people: Pick<PeopleParts, "choices"> | undefined,
): void {
  const { id: portalId, serverIds } = usable.portal;
  if (!choices || choices.toldAt(portalId).size > 0) return;
  people?.choices.welcome({ personId: choices.personId, portalId, serverIds });
}

/** Ids of the servers that they may use from here and were not told of; none on their first visit. */
export function newServers({ usable, choices }: Pick<Connection, "usable" | "choices">): ReadonlySet<string> {
  const told = choices?.toldAt(usable.portal.id);
  if (!told || told.size === 0) return none;
  const isTold = (id: string) => told.has(id);
  return usable.portal.serverIds.every(isTold)
    ? none
    : new Set(usable.portal.serverIds.filter((id) => !isTold(id)));
}

const none: ReadonlySet<string> = new Set();
