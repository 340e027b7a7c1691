import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { madeWebhook, toShownWebhook } from "./shown-webhook.ts";
import { webhookFields } from "./webhook-fields.ts";

const newWebhook = z
  .strictObject({
    name: slug,
    url: webhookFields.url,
    kinds: webhookFields.kinds.default([]),
    allowPrivate: webhookFields.allowPrivate.default([]),
    isEnabled: webhookFields.isEnabled.default(true),
  })
  .meta({ id: "NewWebhook" });

export const addWebhook = defineRoute({
  id: "addWebhook",
  method: "POST",
  path: "/webhooks",
  summary: "Have a program told of things; this answer is the only place where its secret is shown",
  permission: "manage",
  status: 201,
  isVersioned: true,
  takesIdempotencyKey: true,
  errors: ["webhook_name_taken", "outbound_refused", "outbound_policy_invalid"],
  body: newWebhook,
  answer: madeWebhook,
  handler: async ({ body: { name, ...fields } }, { webhooks, outbound }) => {
    const url = outbound.check(fields.url, { allowPrivate: fields.allowPrivate }).href;
    const { webhook, secret } = await webhooks.add(name, { ...fields, url });
    return { ...toShownWebhook(webhook), secret };
  },
});
