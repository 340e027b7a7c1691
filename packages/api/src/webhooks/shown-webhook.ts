/** A webhook as the API shows it: all but its secret. */
import { noticeKinds, type Webhook } from "@castellan/notices";
import { z } from "zod";
import { isoTime } from "../fields.ts";

export const shownWebhook = z
  .object({
    id: z.string().describe("`whk_…`"),
    name: z.string(),
    url: z.string(),
    kinds: z.array(z.enum(noticeKinds)),
    allowPrivate: z.array(z.string()),
    isEnabled: z.boolean(),
    version: z.number(),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: "Webhook" });

/** With the secret, in the answer that makes it. */
export const madeWebhook = shownWebhook
  .extend({
    secret: z
      .string()
      .describe("`whsec_…`, under which deliveries are signed (Standard Webhooks). Shown here only"),
  })
  .meta({ id: "MadeWebhook" });

export function toShownWebhook(webhook: Webhook): z.input<typeof shownWebhook> {
  return { ...webhook, kinds: [...webhook.kinds], allowPrivate: [...webhook.allowPrivate] };
}
