import { z } from "zod";
import { defineRoute } from "../route.ts";
import { webhookParams } from "./webhook-fields.ts";

const tested = z
  .object({
    isDelivered: z.boolean().describe("Whether it answered with a status from 200 to 299"),
    status: z.int().optional().describe("What it answered; absent: there was no answer"),
    error: z.string().optional(),
  })
  .meta({ id: "WebhookTest" });

/** Once, whatever comes of it: a test is not tried again. */
export const testWebhook = defineRoute({
  id: "testWebhook",
  method: "POST",
  path: "/webhooks/{name}/test",
  summary: "Tell a webhook that this is a test (`webhook.test`), and see what comes of it",
  permission: "manage",
  errors: ["webhook_not_found"],
  params: webhookParams,
  answer: tested,
  handler: async ({ params, clientGone, draining }, { notices }) => {
    const outcome = await notices.test(params.name, AbortSignal.any([clientGone, draining]));
    const { kind, status, ...rest } = outcome;
    return {
      isDelivered: kind === "delivered",
      status,
      error: "error" in rest ? rest.error : undefined,
    };
  },
});
