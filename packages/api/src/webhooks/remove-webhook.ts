import { defineRoute } from "../route.ts";
import { webhookParams } from "./webhook-fields.ts";

export const removeWebhook = defineRoute({
  id: "removeWebhook",
  method: "DELETE",
  path: "/webhooks/{name}",
  summary: "Remove a webhook; what it was not told yet it will not be told",
  permission: "manage",
  isVersioned: true,
  errors: ["webhook_not_found"],
  params: webhookParams,
  handler: ({ params, ifMatch }, { webhooks }) => webhooks.remove(params.name, ifMatch),
});
