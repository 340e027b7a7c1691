import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownProvider, toShownProvider } from "./shown-provider.ts";

export const getProvider = defineRoute({
  id: "getProvider",
  method: "GET",
  path: "/providers/{slug}",
  summary: "Show an identity provider",
  permission: "read",
  isVersioned: true,
  errors: ["provider_unknown"],
  params: z.strictObject({ slug }),
  answer: shownProvider,
  handler: async ({ params }, { providers, publicUrl }) =>
    toShownProvider(await providers.get(params.slug), publicUrl),
});
