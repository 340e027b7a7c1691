import { z } from "zod";
import { slug, title } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownPortal, toShownPortal } from "./shown-portal.ts";

const newPortal = z.strictObject({
  slug,
  title: title.optional(),
  /** `prefixed`: `{server}_{tool}`; `plain`: as the server calls it, where no two call theirs the same. */
  naming: z.enum(["prefixed", "plain"]).default("prefixed"),
  servers: z
    .array(slug)
    .max(500)
    .refine((slugs) => new Set(slugs).size === slugs.length, "must not name a server twice")
    .default([]),
});

/** Throws `portal_slug_taken`, `server_unknown`. */
export const addPortal = defineRoute({
  method: "POST",
  path: "/portals",
  summary: "Make a portal",
  role: "admin",
  status: 201,
  body: newPortal,
  answer: shownPortal,
  handler: async ({ body }, { portals, changes }) => {
    const portal = await portals.add({ ...body, title: body.title ?? body.slug });
    await changes.flush();
    return toShownPortal(portal);
  },
});
