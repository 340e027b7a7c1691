import { z } from "zod";
import { defineRoute } from "../route.ts";
import { assertReachable } from "./assert-reachable.ts";
import { clientFields, clientParams } from "./client-fields.ts";
import { shownClient, toShownClient } from "./shown-client.ts";

const { uri, ...fields } = clientFields;

const clientChange = z
  .strictObject({
    ...z.strictObject(fields).partial().shape,
    /** Null: none. */
    uri: uri.nullable().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, "must name something to change");

/** What is absent stays; of `jwks` and `jwksUri` one takes the place of the other. */
export const changeClient = defineRoute({
  id: "changeClient",
  method: "PATCH",
  path: "/clients/{id}",
  summary: "Change an OAuth client that an admin registered",
  permission: "manage",
  isVersioned: true,
  errors: [
    "client_not_found",
    "client_not_registered",
    "portal_not_found",
    "server_unknown",
    "outbound_refused",
  ],
  params: clientParams,
  body: clientChange,
  answer: shownClient,
  handler: async ({ params, body, ifMatch }, ports) => {
    await assertReachable(body, ports);
    const client = await ports.clients.change(params.id, body, ifMatch);
    await ports.changes.flush();
    return toShownClient(client);
  },
});
