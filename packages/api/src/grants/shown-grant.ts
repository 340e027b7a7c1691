/** What a person allowed a client to do, as the API shows it. */
import type { Grant, GrantFilter } from "@castellan/access";
import { z } from "zod";
import { id, isoTime } from "../fields.ts";
import type { ApiPorts } from "../ports.ts";
import { pageLimit } from "../fields.ts";

export const shownGrant = z
  .object({
    id: z.string(),
    userId: z.string(),
    clientId: z.string(),
    clientName: z.string().describe("What the client calls itself: nobody has checked it"),
    portal: z.string().optional().describe("Absent: the API"),
    scopes: z.array(z.string()),
    signInId: z.string().describe("The sign-in session in which it was given"),
    createdAt: isoTime,
    expiresAt: isoTime,
    lastUsedAt: isoTime.optional().describe("Exact to about a minute"),
    endedAt: isoTime.optional(),
  })
  .meta({ id: "Grant" });

export const grantPage = z.object({ items: z.array(shownGrant), nextCursor: z.string().optional() });

const defaultLimit = 50;

export const grantPageQuery = {
  ended: z.enum(["true", "false"]).optional().describe("`true`: also those that have ended or expired"),
  limit: pageLimit(200).optional(),
  cursor: id("grant").optional().describe("Where the page before ended: its `nextCursor`"),
};

interface AskedPage {
  readonly ended?: "true" | "false" | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: GrantFilter["after"];
}

/** A page of grants, newest first. */
export async function answerGrants(
  read: (filter: GrantFilter) => Promise<Grant[]>,
  { ended, limit = defaultLimit, cursor }: AskedPage,
  { clock }: Pick<ApiPorts, "clock">,
): Promise<z.input<typeof grantPage>> {
  const livingAt = ended === "true" ? undefined : new Date(clock.now());
  // One more tells whether there is another page.
  const found = await read({ livingAt, after: cursor, limit: limit + 1 });
  const items = found.slice(0, limit);
  return {
    items: items.map((grant) => ({ ...grant, scopes: [...grant.scopes] })),
    nextCursor: found.length > limit ? items.at(-1)?.id : undefined,
  };
}
