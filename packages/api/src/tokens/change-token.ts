import { changeToken as change } from "@castellan/access";
import { z } from "zod";
import { id, printable, time } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownToken, toShownToken } from "./shown-token.ts";
import { allowRule, holdAsked, isAllowedOfPortals, scopeFields } from "./token-fields.ts";

const tokenChange = z
  .strictObject({
    name: printable(64).optional(),
    ...z.strictObject(scopeFields).partial().shape,
    expiresAt: time.nullable().optional().describe("Null: it does not expire"),
  })
  .refine(isAllowedOfPortals, allowRule)
  .refine((body) => Object.keys(body).length > 0, "must name something to change")
  .meta({ id: "TokenChange" });

/** What is absent stays; `scopes` or `portals` say anew all that it may do at portals. */
export const changeToken = defineRoute({
  id: "changeToken",
  method: "PATCH",
  path: "/tokens/{id}",
  summary: "Change what a token is called, may do, or until when it is good",
  permission: "manage",
  isVersioned: true,
  errors: ["token_not_found", "token_ended", "token_name_taken", "portal_not_found", "server_unknown"],
  params: z.strictObject({ id: id("token") }),
  body: tokenChange,
  answer: shownToken,
  handler: async ({ params, body, principal, ifMatch }, { database, changes, clock }) => {
    const { expiresAt, ...asked } = body;
    const expiresAtMs = expiresAt instanceof Date ? expiresAt.getTime() : expiresAt;
    const acting = { by: principal.role, nowMs: clock.now(), ifMatch, hold: holdAsked(asked) };
    const token = await change(database, params.id, { ...asked, expiresAtMs }, acting);
    await changes.flush();
    return toShownToken(token);
  },
});
