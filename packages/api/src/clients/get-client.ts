import { defineRoute } from "../route.ts";
import { clientParams } from "./client-fields.ts";
import { shownClient, toShownClient } from "./shown-client.ts";

export const getClient = defineRoute({
  id: "getClient",
  method: "GET",
  path: "/clients/{id}",
  summary: "Show an OAuth client",
  permission: "read",
  isVersioned: true,
  errors: ["client_not_found"],
  params: clientParams,
  answer: shownClient,
  handler: async ({ params }, { clients }) => toShownClient(await clients.get(params.id)),
});
