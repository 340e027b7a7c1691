import { assertWithin, createToken, roles } from "@castellan/access";
import { z } from "zod";
import { printable, time } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownToken, toShownToken } from "./shown-token.ts";
import { allowRule, holdAsked, isAllowedOfPortals, scopeFields } from "./token-fields.ts";

const newToken = z
  .strictObject({
    name: printable(64).describe("Unique among the living tokens"),
    role: z
      .enum(roles)
      .describe("What it may do with the platform; nobody makes a token that can do more than they"),
    ...z.strictObject(scopeFields).partial().shape,
    expiresAt: time.optional().describe("Absent: it does not expire"),
  })
  .refine(({ scopes, portals }) => scopes !== undefined || portals !== undefined, {
    path: ["scopes"],
    message: "or portals are required; an empty list where it is for the API alone",
  })
  .refine(isAllowedOfPortals, allowRule);

/** Throws `token_name_taken`; `portal_not_found` and `server_unknown` naming the entry. */
export const addToken = defineRoute({
  id: "addToken",
  method: "POST",
  path: "/tokens",
  summary: "Make a token; this answer is the only place where its secret is shown",
  permission: "manage",
  errors: ["token_name_taken", "portal_not_found", "server_unknown"],
  status: 201,
  isVersioned: true,
  takesIdempotencyKey: true,
  body: newToken,
  answer: shownToken.extend({ secret: z.string() }).meta({ id: "MadeToken" }),
  handler: async ({ body, principal }, { database, changes, clock }) => {
    const { expiresAt, ...asked } = body;
    assertWithin(principal.role, body.role);
    const input = { ...asked, createdBy: principal.id, expiresAtMs: expiresAt?.getTime() };
    const { token, secret } = await createToken(database, input, clock.now(), holdAsked(asked));
    await changes.flush();
    return { ...toShownToken(token), secret };
  },
});
