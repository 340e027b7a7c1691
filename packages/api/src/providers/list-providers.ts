import { z } from "zod";
import { pageOf, pageQuery, slicePage, toPage } from "../paging.ts";
import { defineRoute } from "../route.ts";
import { shownProvider, toShownProvider } from "./shown-provider.ts";

export const listProviders = defineRoute({
  id: "listProviders",
  method: "GET",
  path: "/providers",
  summary: "List the identity providers that people sign in with, by slug",
  permission: "read",
  query: z.strictObject(pageQuery),
  answer: pageOf(shownProvider),
  handler: async ({ query }, { providers, publicUrl }) =>
    toPage(
      slicePage(await providers.list(), ({ slug }) => slug, query),
      (provider) => toShownProvider(provider, publicUrl),
    ),
});
