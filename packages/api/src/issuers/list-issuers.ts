import { z } from "zod";
import { pageOf, pageQuery, slicePage, toPage } from "../paging.ts";
import { defineRoute } from "../route.ts";
import { shownIssuer, toShownIssuer } from "./shown-issuer.ts";

export const listTrustedIssuers = defineRoute({
  id: "listTrustedIssuers",
  method: "GET",
  path: "/trusted-issuers",
  summary: "List the trusted issuers by slug",
  permission: "read",
  query: z.strictObject(pageQuery),
  answer: pageOf(shownIssuer),
  handler: async ({ query }, { trustedIssuers }) =>
    toPage(
      slicePage(await trustedIssuers.list(), ({ slug }) => slug, query),
      toShownIssuer,
    ),
});
