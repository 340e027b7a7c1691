import { z } from "zod";
import { defineRoute } from "../route.ts";
import { madeWebhook, toShownWebhook } from "./shown-webhook.ts";
import { webhookParams } from "./webhook-fields.ts";

const week = 7 * 24 * 60 * 60;

const rotation = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(week)
      .default(3600)
      .describe("How long deliveries are signed under the secret before it as well; 0: no longer"),
  })
  .prefault({});

export const rotateWebhookSecret = defineRoute({
  id: "rotateWebhookSecret",
  method: "POST",
  path: "/webhooks/{name}/rotate",
  summary: "Make a new secret for a webhook; this answer is the only place where it is shown",
  permission: "manage",
  isVersioned: true,
  takesIdempotencyKey: true,
  errors: ["webhook_not_found"],
  params: webhookParams,
  body: rotation,
  answer: madeWebhook,
  handler: async ({ params, body }, { webhooks }) => {
    const { webhook, secret } = await webhooks.rotateSecret(params.name, body.overlapSeconds * 1000);
    return { ...toShownWebhook(webhook), secret };
  },
});
