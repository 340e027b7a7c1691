/**
 * What a portal needs of Code Mode: the tools that run code, and what came of runs. Code Mode knows nothing of portals, nor a portal of
 * how code is run; the house joins the two.
 */
import type { Principal } from "@castellan/access";
import type { CatalogServer, CodeToolNames, OwnTool, Scope } from "@castellan/calls";
import type { Id, Slug } from "@castellan/kernel";
import type { Era } from "@castellan/mcp";

/** A tool that runs code: over all tools of a portal, or in the room of a server that is an API (`api`). */
export interface CodeTool {
  /** As it is listed and called. */
  readonly name: string;
  readonly does: "search" | "execute";
  readonly api: CatalogServer | undefined;
}

/** Who runs code, and over what: as their connection has the portal at this moment. */
export interface CodeSeat {
  readonly portal: { readonly id: Id<"portal">; readonly slug: Slug; readonly title: string };
  readonly principal: Principal;
  /** What lists show to this connection, under the names by which it is called. */
  scope(era: Era): Scope;
  /** Slugs of the servers that the connection holds; undefined: all that the caller may use. */
  readonly narrowedTo: readonly string[] | undefined;
}

export interface CodemodePort {
  /** The names of the two tools of a portal in Code Mode. */
  readonly toolNames: CodeToolNames;
  /** What `tools/list` holds in Code Mode, each as JSON: always the same, whatever is behind the portal. */
  definitions(): readonly string[];
  /** What `tools/list` holds in the place of an API's operations, each as JSON, under these names. */
  apiDefinitions(api: CatalogServer, names: CodeToolNames): readonly string[];
  ownTool(tool: CodeTool, seat: CodeSeat): OwnTool;
  /**
   * Raw JSON of `contents` (an array, as `resources/read` answers it) of what a run of this caller's at this portal came to, while it is
   * kept; undefined for everything else: nobody learns that there is such a run.
   */
  ownResource(uri: string, principal: Principal, portal: Slug): Promise<string | undefined>;
}

/** Whether a URI is of the house's own form for runs: no server is asked for one. */
export function isRunUri(uri: string): boolean {
  return /^codemode:/i.test(uri);
}
