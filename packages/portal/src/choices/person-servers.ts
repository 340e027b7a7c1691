/** What the page of a person's servers is made of: those that they can use through any portal, and the clients they let in. */
import { pageGrants, reachOf, type UserPrincipal } from "@castellan/access";
import { fitsServer, targetOf, type CatalogServer } from "@castellan/calls";
import type { ClientOfPerson, PagePeople, PortalOfPerson, ServerOfPerson } from "@castellan/credentials";
import type { Database } from "@castellan/database";
import type { Clock, Id } from "@castellan/kernel";
import type { Judge } from "@castellan/policy";
import { narrowToRights, type OpenPortal } from "../portals/open-portal.ts";
import type { PortalDirectory } from "../portals/portal-directory.ts";

export interface PersonServersOptions {
  readonly database: Database;
  readonly directory: Pick<PortalDirectory, "list">;
  /** What rules make of them by who they are, wherever they come from. */
  readonly judgeOf: (person: UserPrincipal) => Pick<Judge, "isKnown">;
  readonly clock: Pick<Clock, "now">;
}

/** A person lets in as many clients as they like: those of so many of their newest grants are named. */
const maxGrants = 200;

/** People as they are themselves, without a client: `scopes` undefined. */
export function createPersonServers({
  database,
  directory,
  judgeOf,
  clock,
}: PersonServersOptions): Pick<PagePeople<UserPrincipal>, "serversOf" | "clientsOf"> {
  return {
    serversOf(person) {
      const judge = judgeOf(person);
      const found = new Map<string, { server: CatalogServer; portals: PortalOfPerson[] }>();
      for (const open of [...directory.list()].toSorted((a, b) => byTitle(a.portal, b.portal)))
        for (const server of usableBy(open, person, judge)) {
          const { id } = server.server;
          const known = found.get(id) ?? { server, portals: [] };
          const { id: portalId, slug, title } = open.portal;
          known.portals.push({ id: portalId, slug, title });
          found.set(id, known);
        }
      const servers = [...found.values()].map(({ server, portals }): ServerOfPerson => {
        return { target: targetOf(server), portals };
      });
      return Promise.resolve(servers.toSorted((a, b) => byTitle(a.target, b.target)));
    },

    async clientsOf(userId: Id<"user">) {
      const livingAt = new Date(clock.now());
      const grants = await pageGrants(database, { userId, livingAt, limit: maxGrants });
      const atPortals = grants.filter(({ portal }) => portal !== undefined);
      // The newest grant stands first: what a client was called then is the name to tell.
      const names = new Map(atPortals.toReversed().map(({ clientId, clientName }) => [clientId, clientName]));
      return [...names].map(([id, name]): ClientOfPerson => ({ id, name })).toSorted(byName);
    },
  };
}

function usableBy(
  whole: OpenPortal,
  person: UserPrincipal,
  judge: Pick<Judge, "isKnown">,
): readonly CatalogServer[] {
  const { rights } = reachOf(person, whole.portal);
  if (rights.isNone) return [];
  const { portal, servers } = narrowToRights(whole, rights);
  return servers.filter((server) => fitsServer(server, portal.slug, (place) => judge.isKnown(place)));
}

type Titled = { readonly title: string; readonly slug: string };

function byTitle(a: Titled, b: Titled): number {
  return a.title.localeCompare(b.title, "en") || (a.slug < b.slug ? -1 : 1);
}

function byName(a: ClientOfPerson, b: ClientOfPerson): number {
  return a.name.localeCompare(b.name, "en") || (a.id < b.id ? -1 : 1);
}
