import { z } from "zod";
import { defineRoute } from "../route.ts";
import { shownWebhook, toShownWebhook } from "./shown-webhook.ts";
import { webhookFields, webhookParams } from "./webhook-fields.ts";

const webhookChange = z
  .strictObject(z.strictObject(webhookFields).partial().shape)
  .refine((change) => Object.keys(change).length > 0, "must name something to change")
  .meta({ id: "WebhookChange" });

/** What is absent stays. */
export const changeWebhook = defineRoute({
  id: "changeWebhook",
  method: "PATCH",
  path: "/webhooks/{name}",
  summary: "Change a webhook, or switch it off",
  permission: "manage",
  isVersioned: true,
  errors: ["webhook_not_found", "outbound_refused", "outbound_policy_invalid"],
  params: webhookParams,
  body: webhookChange,
  answer: shownWebhook,
  handler: async ({ params: { name }, body, ifMatch }, { webhooks, outbound }) => {
    const before = await webhooks.get(name);
    const { url = before.url, allowPrivate = before.allowPrivate } = body;
    // Also where it stays: what it may be at is judged by what is allowed from now on.
    const checked = outbound.check(url, { allowPrivate }).href;
    const change = { ...body, ...(body.url !== undefined && { url: checked }) };
    return toShownWebhook(await webhooks.change(name, change, ifMatch));
  },
});
