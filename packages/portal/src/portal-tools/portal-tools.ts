/** The table of the portal's own tools. */
import type { OwnTool } from "@castellan/calls";
import { listServers } from "./list-servers.ts";
import type { PortalTool, PortalToolContext } from "./portal-tool.ts";

const tools: readonly PortalTool[] = [listServers];
const byName: ReadonlyMap<string, PortalTool> = new Map(tools.map((tool) => [tool.name, tool]));
const texts = tools.map(({ definitionText }) => definitionText);

export const portalTools = {
  find: (name: string): PortalTool | undefined => byName.get(name),
  /** What is listed after the tools of the servers, each as JSON. */
  definitions: (): readonly string[] => texts,
};

/** The tool as the way of a call knows it, at one portal. */
export function ownToolAt(context: PortalToolContext, name: string): OwnTool | undefined {
  const tool = portalTools.find(name);
  return (
    tool && {
      name,
      call: ({ protocol }, request) => tool.call(request.params ?? {}, protocol.era, context),
    }
  );
}
