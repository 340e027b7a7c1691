/** A token as the API shows it: everything but its secret, of which nothing is kept that could be shown. */
import { portalsOf, roles, type ServiceToken } from "@castellan/access";
import { z } from "zod";
import { isoTime } from "../fields.ts";

export const shownToken = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(roles),
    portals: z.array(z.string()).describe("The portals that it may enter"),
    scopes: z.array(z.string()).describe("What it lets its holder do at portals"),
    version: z.number(),
    createdAt: isoTime,
    createdBy: z.string().describe("A person's or token's id, or the name of a part of the system"),
    expiresAt: isoTime.optional(),
    revokedAt: isoTime.optional(),
    lastUsedAt: isoTime.optional().describe("Exact to about a minute"),
  })
  .meta({ id: "Token" });

export type ShownToken = z.output<typeof shownToken>;

export function toShownToken(token: ServiceToken): z.input<typeof shownToken> {
  return {
    ...token,
    portals: portalsOf(token.scopes),
    scopes: [...token.scopes],
    createdAt: new Date(token.createdAtMs),
    expiresAt: toDate(token.expiresAtMs),
    revokedAt: toDate(token.revokedAtMs),
    lastUsedAt: toDate(token.lastUsedAtMs),
  };
}

function toDate(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}
