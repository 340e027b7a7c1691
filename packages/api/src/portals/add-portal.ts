import type { NewPortal } from "@castellan/portal";
import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { curationFields, toCuration } from "./curation-fields.ts";
import { portalFields, serversOf } from "./portal-fields.ts";
import { shownPortal, toShownPortal } from "./shown-portal.ts";

/** A bare slug is everything of that server. */
const portalServer = z.union([slug, z.strictObject({ server: slug, ...curationFields })]);

const newPortal = z.strictObject({
  slug,
  title: portalFields.title.optional(),
  naming: portalFields.naming.default("prefixed"),
  instructions: portalFields.instructions.default(""),
  hostname: portalFields.hostname.optional(),
  autoAccept: portalFields.autoAccept.default([]),
  isListed: portalFields.isListed.default(false),
  isReadOnly: portalFields.isReadOnly.default(false),
  codeMode: portalFields.codeMode.default("allowed"),
  directory: portalFields.directory.default("workforce"),
  access: portalFields.access.default([]),
  publicLimits: portalFields.publicLimits.prefault({}),
  trustedIssuers: portalFields.trustedIssuers.default([]),
  servers: serversOf(portalServer, (one) => (typeof one === "string" ? one : one.server)).default([]),
});

export const addPortal = defineRoute({
  id: "addPortal",
  method: "POST",
  path: "/portals",
  summary: "Make a portal",
  permission: "manage",
  status: 201,
  isVersioned: true,
  takesIdempotencyKey: true,
  errors: ["portal_slug_taken", "hostname_taken", "server_unknown", "trusted_issuer_unknown", "alias_taken"],
  body: newPortal,
  answer: shownPortal,
  handler: async ({ body }, { portals, changes, catalog }) => {
    const portal = await portals.add({
      ...body,
      title: body.title ?? body.slug,
      servers: body.servers.map((one): NewPortal["servers"][number] =>
        typeof one === "string" ? one : { server: one.server, curation: toCuration(one) },
      ),
    });
    await changes.flush();
    return toShownPortal(portal, catalog);
  },
});
