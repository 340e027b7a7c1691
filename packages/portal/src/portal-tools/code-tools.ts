/** Tools of the portal's own that run code: in Code Mode the two that it has, else two for each API that is shown so. */
import type { CodeTools, OwnTool, Scope } from "@castellan/calls";
import type { CodemodePort, CodeSeat, CodeTool } from "../codemode-port.ts";
import type { Connection } from "../connections/connection.ts";
import type { ToolListing } from "../connections/tool-listing.ts";

/** In which listings the tools of servers are, those over APIs among them. */
const listsServers: ReadonlySet<ToolListing> = new Set(["full", "minimize_tools"]);

/** Undefined where this connection has no such tool: one that is not listed is not there. */
export function codeToolAt(
  {
    open,
    principal,
    narrowedTo,
    toolListing,
  }: Pick<Connection, "open" | "principal" | "narrowedTo" | "toolListing">,
  name: string,
  codemode: CodemodePort | undefined,
): OwnTool | undefined {
  const tool = codemode && find(name, toolListing, { codemode, scope: () => open.scope("modern") });
  if (!tool) return undefined;
  const { id, slug, title } = open.portal;
  const seat: CodeSeat = {
    portal: { id, slug, title },
    principal,
    scope: (era) => open.scope(era),
    narrowedTo,
  };
  return codemode.ownTool(tool, seat);
}

function find(
  name: string,
  listing: ToolListing,
  { codemode, scope }: { codemode: CodemodePort; scope: () => Scope },
): CodeTool | undefined {
  if (listing === "code") return named(name, codemode.toolNames, undefined);
  if (!listsServers.has(listing)) return undefined;
  for (const { server, names } of scope().codeTools) {
    const tool = named(name, names, server);
    if (tool) return tool;
  }
  return undefined;
}

function named(name: string, names: CodeTools["names"], api: CodeTool["api"]): CodeTool | undefined {
  if (name === names.search) return { name, does: "search", api };
  if (name === names.execute) return { name, does: "execute", api };
  return undefined;
}
