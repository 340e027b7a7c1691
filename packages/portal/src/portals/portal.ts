import type { Naming } from "@castellan/calls";
import type { Id, Slug } from "@castellan/kernel";

/** One MCP endpoint over a choice of servers. */
export interface Portal {
  readonly id: Id<"portal">;
  readonly slug: Slug;
  readonly title: string;
  readonly naming: Naming;
  /** Slugs of its servers, in the order in which their tools are listed. */
  readonly servers: readonly string[];
  /** The same servers by id. */
  readonly serverIds: readonly Id<"server">[];
  readonly revision: number;
  readonly createdAt: Date;
}

export interface NewPortal {
  readonly slug: Slug;
  readonly title: string;
  readonly naming: Naming;
  readonly servers: readonly string[];
}

/** The portal that is also served at `/mcp`. */
export const defaultPortalSlug = "default";
