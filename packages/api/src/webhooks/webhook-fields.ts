/** Fields of a webhook, as an admin gives them. */
import { noticeKinds } from "@castellan/notices";
import { z } from "zod";
import { slug } from "../fields.ts";

export const webhookFields = {
  url: z
    .string()
    .max(2048)
    .describe("Where it is told: https, or http to an address in `allowPrivate`. Redirects are not followed"),
  kinds: z
    .array(z.enum(noticeKinds))
    .max(noticeKinds.length)
    .refine((kinds) => new Set(kinds).size === kinds.length, "must not name one twice")
    .describe("What it wants to hear of; none: everything"),
  allowPrivate: z
    .array(z.string().max(255))
    .max(50)
    .describe("Hosts, `host:port`, addresses or CIDRs that it may be at although they are not public"),
  isEnabled: z.boolean(),
};

export const webhookParams = z.strictObject({ name: slug });
