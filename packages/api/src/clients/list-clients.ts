import { clientKinds } from "@castellan/oauth";
import { z } from "zod";
import { searchText } from "../fields.ts";
import { pageOf, pageQuery, toPage } from "../paging.ts";
import { defineRoute } from "../route.ts";
import { shownClient, toShownClient } from "./shown-client.ts";

export const listClients = defineRoute({
  id: "listClients",
  method: "GET",
  path: "/clients",
  summary: "List the OAuth clients by id, those that registered themselves too",
  permission: "read",
  query: z.strictObject({
    ...pageQuery,
    q: searchText.optional().meta({ description: "Text in name, id or a redirect URI" }),
    kind: z.enum(clientKinds).optional(),
  }),
  answer: pageOf(shownClient),
  handler: async ({ query }, { clients }) => {
    const { q, kind, cursor: after, limit } = query;
    return toPage(await clients.page({ q, kind, after, limit }), toShownClient);
  },
});
