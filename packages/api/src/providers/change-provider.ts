import { z } from "zod";
import { slug } from "../fields.ts";
import { changedClaims } from "../issuers/claim-fields.ts";
import { defineRoute } from "../route.ts";
import { providerFields } from "./provider-fields.ts";
import { shownProvider, toShownProvider } from "./shown-provider.ts";

const { groupMap, clientSecret, ...fields } = providerFields;

const providerChange = z
  .strictObject({
    ...z.strictObject(fields).partial().shape,
    claims: changedClaims.optional(),
    /** Null takes away. */
    groupMap: groupMap.nullable().optional(),
    clientSecret: clientSecret.nullable().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, "must name something to change")
  .meta({ id: "ProviderChange" });

/** What is absent stays. */
export const changeProvider = defineRoute({
  id: "changeProvider",
  method: "PATCH",
  path: "/providers/{slug}",
  summary: "Change an identity provider, or switch it off; who is signed in stays so",
  permission: "own",
  isVersioned: true,
  errors: [
    "rule_refers",
    "provider_unknown",
    "issuer_unfit",
    "issuer_unavailable",
    "outbound_refused",
    "outbound_policy_invalid",
  ],
  params: z.strictObject({ slug }),
  body: providerChange,
  answer: shownProvider,
  handler: async ({ params, body, ifMatch }, { providers, changes, publicUrl }) => {
    const changed = await providers.change(params.slug, body, ifMatch);
    await changes.flush();
    return toShownProvider(changed, publicUrl);
  },
});
