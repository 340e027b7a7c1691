/** A request to sign in at a server: the page to open. */
import { linkPage, linkReasons, type LinkRequest } from "@castellan/credentials";
import { z } from "zod";
import { isoTime } from "../fields.ts";
import type { ApiPorts } from "../ports.ts";

export const shownLink = z
  .object({
    id: z.string(),
    server: z.string(),
    reason: z.enum(linkReasons),
    url: z.string().describe("The page to open in a browser, signed in here as the same person"),
    expiresAt: isoTime,
  })
  .meta({ id: "LinkRequest" });

export function toShownLink(
  { id, reason, expiresAt }: LinkRequest,
  server: string,
  { publicUrl }: Pick<ApiPorts, "publicUrl">,
): z.input<typeof shownLink> {
  return { id, server, reason, url: linkPage(new URL(publicUrl), id), expiresAt };
}
