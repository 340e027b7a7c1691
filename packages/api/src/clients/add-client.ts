import { z } from "zod";
import { defineRoute } from "../route.ts";
import { assertReachable } from "./assert-reachable.ts";
import { authMethod, clientFields } from "./client-fields.ts";
import { madeClient, toShownClient } from "./shown-client.ts";

const newClient = z.strictObject({
  name: clientFields.name,
  uri: clientFields.uri.optional(),
  authMethod,
  grantTypes: clientFields.grantTypes.default(["authorization_code", "refresh_token"]),
  redirectUris: clientFields.redirectUris.default([]),
  scopes: clientFields.scopes.default([]),
  mayIntrospect: clientFields.mayIntrospect.default(false),
  jwks: clientFields.jwks.optional(),
  jwksUri: clientFields.jwksUri.optional(),
});

/** Throws `invalid_input` for what makes no whole, `portal_not_found`, `server_unknown`, `outbound_refused`. */
export const addClient = defineRoute({
  id: "addClient",
  method: "POST",
  path: "/clients",
  summary: "Register an OAuth client; this answer is the only place where its secret is shown",
  permission: "manage",
  errors: ["portal_not_found", "server_unknown", "outbound_refused"],
  status: 201,
  isVersioned: true,
  takesIdempotencyKey: true,
  body: newClient,
  answer: madeClient,
  handler: async ({ body, principal }, ports) => {
    await assertReachable(body, ports);
    const { client, secret } = await ports.clients.add(body, principal.id);
    await ports.changes.flush();
    return { ...toShownClient(client), secret };
  },
});
