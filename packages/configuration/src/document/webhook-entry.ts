/** A webhook as a document describes it. Its secret is in no file: it is made by hand, once the webhook is there. */
import { noticeKinds } from "@castellan/notices";
import { z } from "zod";

export const webhookEntry = z.strictObject({
  url: z
    .string()
    .max(2048)
    .transform((text) => URL.parse(text)?.href ?? text)
    .meta({ description: "Where it is told: https, or http to an address in allowPrivate" }),
  kinds: z
    .array(z.enum(noticeKinds))
    .transform((given) => noticeKinds.filter((kind) => given.includes(kind)))
    .prefault([])
    .meta({ description: "What it wants to hear of; none: everything" }),
  allowPrivate: z.array(z.string().max(255)).max(50).default([]).meta({
    description: "Hosts, host:port, addresses or CIDRs that it may be at although they are not public",
  }),
  isEnabled: z.boolean().default(true),
});
