/** A portal as the API shows it. */
import { defaultPortalSlug, type Portal } from "@castellan/portal";
import { z } from "zod";
import { isoTime } from "../fields.ts";

export const shownPortal = z.object({
  slug: z.string(),
  title: z.string(),
  naming: z.enum(["prefixed", "plain"]),
  /** In the order in which their tools are listed. */
  servers: z.array(z.string()),
  /** Where it speaks MCP, below the public URL. */
  paths: z.array(z.string()),
  createdAt: isoTime,
});

export type ShownPortal = z.output<typeof shownPortal>;

export function toShownPortal({ servers, slug, ...portal }: Portal): z.input<typeof shownPortal> {
  const paths = [`/p/${slug}/mcp`, ...(slug === defaultPortalSlug ? ["/mcp"] : [])];
  return { ...portal, slug, servers: [...servers], paths };
}
