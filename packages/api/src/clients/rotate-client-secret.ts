import { z } from "zod";
import { defineRoute } from "../route.ts";
import { clientParams } from "./client-fields.ts";
import { madeClient, toShownClient } from "./shown-client.ts";

const week = 7 * 24 * 60 * 60;

const rotation = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(week)
      .default(3600)
      .describe(
        "How long the secrets before it are good; 0 ends them now, and the client's own tokens with them",
      ),
  })
  .prefault({});

export const rotateClientSecret = defineRoute({
  id: "rotateClientSecret",
  method: "POST",
  path: "/clients/{id}/rotate",
  summary: "Make a new secret for an OAuth client; this answer is the only place where it is shown",
  permission: "manage",
  isVersioned: true,
  takesIdempotencyKey: true,
  errors: ["client_not_found", "client_not_registered", "client_has_no_secret"],
  params: clientParams,
  body: rotation,
  answer: madeClient,
  handler: async ({ params, body }, { clients, changes }) => {
    const { client, secret } = await clients.rotateSecret(params.id, body.overlapSeconds * 1000);
    await changes.flush();
    return { ...toShownClient(client), secret };
  },
});
