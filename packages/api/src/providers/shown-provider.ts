/** An identity provider as the API shows it: everything but its secret. */
import { directories } from "@castellan/access";
import { callbackPath, type Provider } from "@castellan/sign-in";
import { z } from "zod";
import { isoTime } from "../fields.ts";
import { shownClaimFields } from "../issuers/claim-fields.ts";

export const shownProvider = z
  .object({
    slug: z.string(),
    title: z.string(),
    directory: z.enum(directories),
    issuer: z.string(),
    clientId: z.string(),
    hasClientSecret: z.boolean(),
    scopes: z.array(z.string()),
    ...shownClaimFields,
    redirectUri: z.string().describe("To be registered with it: where it sends people back to"),
    version: z.int(),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: "Provider" });

export function toShownProvider(provider: Provider, publicUrl: string): z.input<typeof shownProvider> {
  return {
    ...provider,
    scopes: [...provider.scopes],
    groupMap: provider.groupMap && { ...provider.groupMap },
    allowedDomains: [...provider.allowedDomains],
    keptClaims: [...provider.keptClaims],
    allowPrivate: [...provider.allowPrivate],
    redirectUri: new URL(callbackPath(provider.slug), publicUrl).href,
  };
}
