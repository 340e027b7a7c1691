/** A browser that somebody is signed in with, as the API shows it. */
import type { SignInSession } from "@castellan/access";
import { z } from "zod";
import { isoTime } from "../fields.ts";

export const shownSession = z
  .object({
    id: z.string(),
    userId: z.string(),
    provider: z.string().describe("The provider's slug; `local` for an account of the house"),
    amr: z.array(z.string()).describe("How they proved who they are (RFC 8176)"),
    authenticatedAt: isoTime.describe("When they last proved it"),
    createdAt: isoTime,
    lastUsedAt: isoTime.describe("Exact to about a minute"),
    expiresAt: isoTime,
    address: z.string(),
    userAgent: z.string().describe("What the browser says it is"),
  })
  .meta({ id: "SignInSession" });

export function toShownSession(session: SignInSession): z.input<typeof shownSession> {
  return { ...session, amr: [...session.amr] };
}

export const sessionList = z.object({ items: z.array(shownSession) });
