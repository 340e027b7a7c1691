import { defineRoute } from "../route.ts";
import { clientParams } from "./client-fields.ts";

/** One that described itself may come again; people are asked anew then. */
export const removeClient = defineRoute({
  id: "removeClient",
  method: "DELETE",
  path: "/clients/{id}",
  summary: "Remove an OAuth client, and end all that people gave it",
  permission: "manage",
  isVersioned: true,
  errors: ["client_not_found", "rule_refers"],
  params: clientParams,
  handler: async ({ params, ifMatch }, { clients, changes }) => {
    await clients.remove(params.id, ifMatch);
    await changes.flush();
  },
});
