import { z } from "zod";
import { slug } from "../fields.ts";
import { directory, issuer, newClaims } from "../issuers/claim-fields.ts";
import { defineRoute } from "../route.ts";
import { providerFields } from "./provider-fields.ts";
import { shownProvider, toShownProvider } from "./shown-provider.ts";

/** What sessions say of accounts that are no provider's. */
const taken = "local";

const newProvider = z
  .strictObject({
    slug: slug.refine((value) => value !== taken, `must not be ${taken}`),
    title: providerFields.title.optional(),
    directory: directory.default("workforce"),
    issuer,
    clientId: providerFields.clientId,
    clientSecret: providerFields.clientSecret.optional(),
    scopes: providerFields.scopes.default(["email", "profile"]),
    claims: newClaims.prefault({}),
    groupMap: providerFields.groupMap.optional(),
    groupPrefix: providerFields.groupPrefix.default(""),
    allowedDomains: providerFields.allowedDomains.default([]),
    requiresVerifiedEmail: providerFields.requiresVerifiedEmail.default(true),
    keptClaims: providerFields.keptClaims.default([]),
    createsUsers: providerFields.createsUsers.default(false),
    linksByEmail: providerFields.linksByEmail.default(false),
    allowPrivate: providerFields.allowPrivate.default([]),
    isEnabled: providerFields.isEnabled.default(true),
  })
  .meta({ id: "NewProvider" });

/** An owner's to do: it says who somebody is, and so who is an owner. */
export const addProvider = defineRoute({
  id: "addProvider",
  method: "POST",
  path: "/providers",
  summary:
    "Let people sign in with an identity provider (OpenID Connect), which is asked at once what it publishes",
  permission: "own",
  status: 201,
  isVersioned: true,
  takesIdempotencyKey: true,
  errors: [
    "provider_taken",
    "issuer_unfit",
    "issuer_unavailable",
    "outbound_refused",
    "outbound_policy_invalid",
  ],
  body: newProvider,
  answer: shownProvider,
  handler: async ({ body }, { providers, changes, publicUrl }) => {
    const added = await providers.add({ ...body, title: body.title ?? body.slug });
    await changes.flush();
    return toShownProvider(added, publicUrl);
  },
});
