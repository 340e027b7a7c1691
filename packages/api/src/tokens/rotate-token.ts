import { rotateToken as rotate } from "@castellan/access";
import { z } from "zod";
import { id, isoTime } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownToken, toShownToken } from "./shown-token.ts";

const defaultOverlapSeconds = 3_600;
const maxOverlapSeconds = 7 * 86_400;

/** Nobody gets the secret of a token that can do more than they. */
export const rotateToken = defineRoute({
  id: "rotateToken",
  method: "POST",
  path: "/tokens/{id}/rotate",
  summary: "Give a token another secret, shown here only; the one before is good for a while longer",
  permission: "manage",
  errors: ["token_not_found", "token_ended", "token_rotating"],
  isVersioned: true,
  takesIdempotencyKey: true,
  params: z.strictObject({ id: id("token") }),
  body: z
    .strictObject({
      overlapSeconds: z.int().min(0).max(maxOverlapSeconds).default(defaultOverlapSeconds).meta({
        description: "How long the secret before stays good; 0: all older ones end now, as after a leak",
      }),
    })
    .default({ overlapSeconds: defaultOverlapSeconds }),
  answer: shownToken
    .extend({
      secret: z.string(),
      previousUntil: isoTime.optional().describe("Until when the one before is good"),
    })
    .meta({ id: "RotatedToken" }),
  handler: async ({ params, body, principal }, { database, changes, clock }) => {
    const overlapMs = body.overlapSeconds * 1000;
    const acting = { by: principal.role, nowMs: clock.now(), overlapMs };
    const { token, secret, previousUntilMs } = await rotate(database, params.id, acting);
    await changes.flush();
    const previousUntil = previousUntilMs === undefined ? undefined : new Date(previousUntilMs);
    return { ...toShownToken(token), secret, previousUntil };
  },
});
