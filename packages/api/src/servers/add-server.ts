import { syncIntervalSeconds } from "@castellan/configuration";
import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { allHeaders, authorizationTwice, hasOneAuthorization, newHeaders } from "./headers.ts";
import { readAnew } from "./read-anew.ts";
import { serverFields } from "./server-fields.ts";
import { detailedServer, toDetailedServer } from "./shown-server.ts";

const newServer = z
  .strictObject({
    slug,
    url: serverFields.url,
    title: serverFields.title.optional(),
    description: serverFields.description.default(""),
    transport: serverFields.transport.default("auto"),
    ...newHeaders,
    allowPrivate: serverFields.allowPrivate.default([]),
    clientFeatures: serverFields.clientFeatures.default([]),
    uiHosts: serverFields.uiHosts.default([]),
    autoAccept: serverFields.autoAccept.default([]),
    limits: serverFields.limits.default({}),
    syncIntervalSeconds: syncIntervalSeconds.optional(),
  })
  .refine(hasOneAuthorization, authorizationTwice);

/**
 * A server that cannot be reached is registered all the same: its state says so, and a later sync may
 * find it. One that may not be called is not. What it offers waits for approval, but for kinds in `autoAccept`.
 */
export const addServer = defineRoute({
  id: "addServer",
  method: "POST",
  path: "/servers",
  summary: "Register a server and read what it offers",
  permission: "manage",
  status: 201,
  isVersioned: true,
  takesIdempotencyKey: true,
  errors: ["outbound_refused", "outbound_policy_invalid", "server_slug_taken"],
  body: newServer,
  answer: detailedServer,
  handler: async ({ body, draining }, ports) => {
    const { headers, bearerToken, url: text, title = body.slug, ...fields } = body;
    const url = ports.outbound.check(text, { allowPrivate: fields.allowPrivate }, "url");
    // A fragment is not sent to anyone (RFC 9110 §4.2.5).
    url.hash = "";
    await ports.servers.add({ ...fields, title, url, headers: allHeaders({ headers, bearerToken }) });
    return toDetailedServer(await readAnew(fields.slug, ports, draining), ports);
  },
});
