import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { portalFields, serversOf } from "./portal-fields.ts";
import { shownPortal, toShownPortal } from "./shown-portal.ts";

const { hostname, ...fields } = portalFields;

const portalChange = z
  .strictObject({
    ...z.strictObject(fields).partial().shape,
    /** Null: none. */
    hostname: hostname.nullable().optional(),
    servers: serversOf(slug, (one) => one).optional(),
  })
  .refine((change) => Object.keys(change).length > 0, "must name something to change");

/**
 * What is absent stays. `servers` is the whole list in its order: those left out go, with what the portal says of
 * them; new ones come with everything; the others keep what the portal says of them.
 */
export const changePortal = defineRoute({
  id: "changePortal",
  method: "PATCH",
  path: "/portals/{slug}",
  summary: "Change a portal, or the choice and order of its servers",
  permission: "manage",
  isVersioned: true,
  errors: ["portal_not_found", "hostname_taken", "server_unknown", "trusted_issuer_unknown", "alias_taken"],
  params: z.strictObject({ slug }),
  body: portalChange,
  answer: shownPortal,
  handler: async ({ params, body, ifMatch }, { portals, changes, catalog }) => {
    const portal = await portals.change(params.slug, body, ifMatch);
    await changes.flush();
    return toShownPortal(portal, catalog);
  },
});
