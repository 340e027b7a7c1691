/** The table of the portal's own tools. */
import type { Circuits, OwnTool } from "@castellan/calls";
import type { Clock } from "@castellan/kernel";
import type { Connection } from "../connections/connection.ts";
import { toolListings, type ToolListing } from "../connections/tool-listing.ts";
import { execute } from "./execute.ts";
import { listServers } from "./list-servers.ts";
import type { PortalTool } from "./portal-tool.ts";
import { queryTools } from "./query-tools.ts";

const tools: readonly PortalTool[] = [queryTools, execute, listServers];

const byListing = new Map(
  toolListings.map((listing) => {
    const listed = tools.filter(({ listings }) => listings.includes(listing));
    const byName = new Map<string, PortalTool>(listed.map((tool) => [tool.name, tool]));
    return [listing, { byName, texts: listed.map(({ definitionText }) => definitionText) }];
  }),
);

export const portalTools = {
  find: (name: string, listing: ToolListing = "full"): PortalTool | undefined =>
    byListing.get(listing)?.byName.get(name),
  /** What is listed after the tools of the servers, each as JSON. */
  definitions: (listing: ToolListing = "full"): readonly string[] => byListing.get(listing)?.texts ?? [],
};

/** The tool as the way of a call knows it, in one connection. */
export function ownToolAt(
  { open, toolListing }: Pick<Connection, "open" | "toolListing">,
  name: string,
  { clock, circuits }: { readonly clock: Clock; readonly circuits: Pick<Circuits, "isOpen"> },
): OwnTool | undefined {
  const tool = portalTools.find(name, toolListing);
  if (!tool) return undefined;
  const isOwnTool = (other: string) => portalTools.find(other, toolListing) !== undefined;
  return {
    name,
    call({ protocol: { era }, cancel }, { params }) {
      const { portal, servers, isNarrowed } = open;
      const { signal } = cancel;
      return tool.call(params ?? {}, era, {
        portal,
        servers,
        scope: open.scope(era),
        isNarrowed,
        isOwnTool,
        isCircuitOpen: (serverId) => circuits.isOpen(serverId),
        clock,
        signal,
      });
    },
    unwrap: (request) => tool.unwrap?.(request, { isOwnTool }),
  };
}
