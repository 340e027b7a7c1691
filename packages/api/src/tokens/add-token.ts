import { createToken, roles } from "@castellan/access";
import { invalidInput, isFault } from "@castellan/kernel";
import { portalFaults, type PortalStore } from "@castellan/portal";
import { z } from "zod";
import { printable, slug, time } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownToken, toShownToken } from "./shown-token.ts";

const newToken = z.strictObject({
  name: printable(64).describe("Unique among the living tokens"),
  role: z.enum(roles),
  portals: z.array(slug).max(500).describe("The portals that it may use; none means none, for an admin too"),
  expiresAt: time.optional().describe("Absent: it does not expire"),
});

/** Throws `token_name_taken`, `portal_not_found` naming the entry. */
export const addToken = defineRoute({
  id: "addToken",
  method: "POST",
  path: "/tokens",
  summary: "Make a token; this answer is the only place where its secret is shown",
  role: "admin",
  errors: ["token_name_taken", "portal_not_found"],
  status: 201,
  takesIdempotencyKey: true,
  body: newToken,
  answer: shownToken.extend({ secret: z.string() }).meta({ id: "MadeToken" }),
  handler: async ({ body, principal }, { database, portals, changes, clock }) => {
    const nowMs = clock.now();
    const expiresAtMs = body.expiresAt?.getTime();
    if (expiresAtMs !== undefined && expiresAtMs <= nowMs)
      throw invalidInput([{ field: "expiresAt", reason: "must be a time in the future" }]);
    await assertPortals(body.portals, portals);
    const { name, role } = body;
    const input = { name, role, portals: body.portals, createdBy: principal.id, expiresAtMs };
    const { token, secret } = await createToken(database, input, nowMs);
    await changes.flush();
    return { ...toShownToken(token), secret };
  },
});

/** A token for a portal that somebody makes later would be a surprise to whoever makes it. */
async function assertPortals(slugs: readonly string[], portals: PortalStore): Promise<void> {
  for (const [index, slug] of slugs.entries()) {
    try {
      await portals.get(slug);
    } catch (error) {
      if (!isFault(error, "portal_not_found")) throw error;
      throw portalFaults.fault("portal_not_found", error.message, { field: `portals[${index}]` });
    }
  }
}
