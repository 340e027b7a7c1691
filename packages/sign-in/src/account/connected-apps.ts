/** What a person takes for one app: a client at one portal, or at the API, however often it has asked. */
import type { Grant } from "@castellan/access";

export interface ConnectedApp extends Pick<Grant, "id" | "clientName" | "portal" | "scopes" | "lastUsedAt"> {
  /** When it was first let in, of what still holds. */
  readonly since: Date;
  /** When the last of it ends. */
  readonly until: Date;
}

/** Newest first; the `id` is that of an app's newest grant. @param grants living ones, newest first */
export function connectedApps(grants: readonly Grant[]): ConnectedApp[] {
  const ofApp = Map.groupBy(grants, ({ clientId, portal }) => JSON.stringify([clientId, portal]));
  return [...ofApp.values()].map((own) => {
    const [newest, oldest] = [own[0], own.at(-1)] as [Grant, Grant];
    return {
      ...newest,
      scopes: [...new Set(own.flatMap(({ scopes }) => scopes))],
      since: oldest.createdAt,
      lastUsedAt: latest(own.flatMap(({ lastUsedAt }) => lastUsedAt ?? [])),
      until: latest(own.map(({ expiresAt }) => expiresAt)) ?? newest.expiresAt,
    };
  });
}

function latest(dates: readonly Date[]): Date | undefined {
  return dates.toSorted((one, other) => other.getTime() - one.getTime())[0];
}
