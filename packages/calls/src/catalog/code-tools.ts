/**
 * A server that is an API of hundreds of operations can be shown by two tools instead, over which code explores and calls it. They are
 * the portal's own; what is told here is what they are called, so that no tool of any server is called the same.
 */
import type { CatalogServer } from "./catalog.ts";

export interface CodeToolNames {
  readonly search: string;
  readonly execute: string;
}

/** The two tools of one server. */
export interface CodeTools {
  readonly server: CatalogServer;
  readonly names: CodeToolNames;
}

/** Whether the server's tools are left out of lists, and two stand in their place. They are found and called as ever. */
export function isShownAsCode({ server }: CatalogServer): boolean {
  return server.face === "code";
}
