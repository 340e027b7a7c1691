import { defineRoute } from "../route.ts";
import { shownWebhook, toShownWebhook } from "./shown-webhook.ts";
import { webhookParams } from "./webhook-fields.ts";

export const getWebhook = defineRoute({
  id: "getWebhook",
  method: "GET",
  path: "/webhooks/{name}",
  summary: "Show a webhook",
  permission: "read",
  isVersioned: true,
  errors: ["webhook_not_found"],
  params: webhookParams,
  answer: shownWebhook,
  handler: async ({ params }, { webhooks }) => toShownWebhook(await webhooks.get(params.name)),
});
