import { accessFaults, mayManage } from "@castellan/access";
import { createInvitation, welcomePath } from "@castellan/sign-in";
import { z } from "zod";
import { id, isoTime } from "../fields.ts";
import { defineRoute } from "../route.ts";

const weekSeconds = 7 * 86_400;

/** Whoever has the link can be that person: it is made by those who may decide about them, and by nobody else. */
export const addInvitation = defineRoute({
  id: "addInvitation",
  method: "POST",
  path: "/users/{id}/invitations",
  summary:
    "Make a one-time link by which a person says how they sign in from now on; this answer is the only place where it is shown. What they signed in with before is replaced when it is used, and an earlier link is dead. Only an owner makes one for owners and admins",
  permission: "manage",
  status: 201,
  takesIdempotencyKey: true,
  errors: ["user_not_found"],
  params: z.strictObject({ id: id("user") }),
  body: z
    .strictObject({
      expiresInSeconds: z
        .int()
        .min(300)
        .max(weekSeconds)
        .default(86_400)
        .describe("How long it is good for, if it is not used; from five minutes to seven days"),
    })
    .meta({ id: "NewInvitation" }),
  answer: z
    .object({
      id: z.string(),
      userId: z.string(),
      url: z.string().describe("To be handed to the person, and to nobody else"),
      createdAt: isoTime,
      expiresAt: isoTime,
    })
    .meta({ id: "Invitation" }),
  handler: async ({ params, body, principal }, { people, database, clock, publicUrl }) => {
    const user = await people.get(params.id);
    if (!mayManage(principal.role, user.role))
      throw accessFaults.fault(
        "permission_required",
        `To make a link for a person with the role ${user.role} takes an owner`,
      );
    const lifetimeMs = body.expiresInSeconds * 1000;
    const nowMs = clock.now();
    const { invitation, secret } = await createInvitation(database, {
      userId: user.id,
      createdBy: principal.id,
      nowMs,
      lifetimeMs,
    });
    return {
      id: invitation.id,
      userId: user.id,
      url: new URL(welcomePath(secret), publicUrl).href,
      createdAt: invitation.createdAt,
      expiresAt: new Date(nowMs + lifetimeMs),
    };
  },
});
