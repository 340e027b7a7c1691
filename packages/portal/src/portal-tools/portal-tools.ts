/** The table of the portal's own tools. */
import type { Circuits, OwnTool } from "@castellan/calls";
import type { Clock } from "@castellan/kernel";
import type { PeopleParts } from "../choices/people-parts.ts";
import type { Connection } from "../connections/connection.ts";
import { toolListings, type ToolListing } from "../connections/tool-listing.ts";
import { execute } from "./execute.ts";
import type { OpenPortal } from "../portals/open-portal.ts";
import { listServers } from "./list-servers.ts";
import type { PortalTool } from "./portal-tool.ts";
import { personHere } from "./person-here.ts";
import { queryTools } from "./query-tools.ts";
import { toggleServers } from "./toggle-servers.ts";
import { toggleSingleServer } from "./toggle-single-server.ts";

const tools: readonly PortalTool[] = [queryTools, execute, listServers, toggleServers, toggleSingleServer];

/** `people`: those who have servers to choose. */
export type ToolAudience = "everybody" | "people";

const tables = new Map(
  toolListings.flatMap((listing) =>
    (["everybody", "people"] as const).map((audience) => {
      const listed = tools.filter(
        ({ listings, isForPeople }) => listings.includes(listing) && (audience === "people" || !isForPeople),
      );
      const byName = new Map<string, PortalTool>(listed.map((tool) => [tool.name, tool]));
      const texts = listed.map(({ definitionText }) => definitionText);
      return [`${listing} ${audience}`, { byName, texts }];
    }),
  ),
);

export const portalTools = {
  /** By default any. */
  find: (
    name: string,
    listing: ToolListing = "full",
    audience: ToolAudience = "people",
  ): PortalTool | undefined => tables.get(`${listing} ${audience}`)?.byName.get(name),
  /** What is listed after the tools of the servers, each as JSON. */
  definitions: (listing: ToolListing = "full", audience: ToolAudience = "everybody"): readonly string[] =>
    tables.get(`${listing} ${audience}`)?.texts ?? [],
};

export function audienceOf({ choices }: Pick<Connection, "choices">): ToolAudience {
  return choices ? "people" : "everybody";
}

export interface OwnToolPorts {
  readonly clock: Clock;
  readonly circuits: Pick<Circuits, "isOpen">;
  readonly people?: PeopleParts | undefined;
}

/** The tool as the way of a call knows it, in one connection. */
export function ownToolAt(
  connection: Pick<Connection, "open" | "choosable" | "usable" | "choices" | "toolListing">,
  name: string,
  { clock, circuits, people }: OwnToolPorts,
): OwnTool | undefined {
  const { open, choosable, toolListing } = connection;
  const audience = audienceOf(connection);
  const tool = portalTools.find(name, toolListing, audience);
  if (!tool) return undefined;
  const isOwnTool = (other: string) => portalTools.find(other, toolListing, audience) !== undefined;
  return {
    name,
    call(call, request) {
      const { era } = call.protocol;
      const { signal } = call.cancel;
      const seen = ({ portal, servers, scope }: OpenPortal) => ({ portal, servers, scope: scope(era) });
      return tool.call(request.params ?? {}, era, {
        ...seen(open),
        withSwitchedOff: seen(choosable),
        isNarrowed: open.isNarrowed,
        person: personHere(connection, people, { call, request, session: call.session }),
        isOwnTool,
        isCircuitOpen: (serverId) => circuits.isOpen(serverId),
        clock,
        signal,
      });
    },
    unwrap: (request) => tool.unwrap?.(request, { isOwnTool }),
  };
}
