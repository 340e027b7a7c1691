import { assertKindFits } from "@castellan/calls";
import { syncIntervalSeconds } from "@castellan/configuration";
import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { checkAuthAddresses, newAuth } from "./auth-fields.ts";
import { allHeaders, authorizationTwice, hasOneAuthorization, newHeaders } from "./headers.ts";
import { maxBodyWithDocument, newOpenapi } from "./openapi-fields.ts";
import { readAnew } from "./read-anew.ts";
import { declaredUrlOf, documentErrors, readDocument } from "./read-document.ts";
import { serverFields } from "./server-fields.ts";
import { detail } from "./show-server.ts";
import { detailedServer } from "./shown-server.ts";

const newServer = z
  .strictObject({
    slug,
    url: serverFields.url.optional().meta({
      description:
        "https, or http to an address in `allowPrivate`. Of an API: where its document says, if absent",
    }),
    openapi: newOpenapi.optional(),
    title: serverFields.title.optional(),
    description: serverFields.description.default(""),
    transport: serverFields.transport.default("auto"),
    ...newHeaders,
    ...newAuth,
    allowPrivate: serverFields.allowPrivate.default([]),
    clientFeatures: serverFields.clientFeatures.default([]),
    uiHosts: serverFields.uiHosts.default([]),
    autoAccept: serverFields.autoAccept.default([]),
    limits: serverFields.limits.default({}),
    syncIntervalSeconds: syncIntervalSeconds.optional(),
  })
  .refine(hasOneAuthorization, authorizationTwice)
  .refine(({ url, openapi }) => url !== undefined || openapi !== undefined, {
    path: ["url"],
    message: "is required",
    // Told with all else that is wrong.
    when: ({ value }) => typeof value === "object" && value !== null,
  });

/** Of whatever is registered. */
export const newServerErrors = ["outbound_refused", "outbound_policy_invalid", "server_slug_taken"];

/**
 * A server that cannot be reached is registered all the same: its state says so, and a later sync may
 * find it. One that may not be called is not, nor is an API whose document cannot be read. What it offers waits for approval, but for kinds in `autoAccept`.
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
  maxBodyBytes: maxBodyWithDocument,
  errors: [...newServerErrors, ...documentErrors],
  body: newServer,
  answer: detailedServer,
  handler: async ({ body, draining }, ports) => {
    const { headers, bearerToken, url: given, openapi, title = body.slug, ...fields } = body;
    const { allowPrivate } = fields;
    const kind = openapi ? "openapi" : "mcp";
    assertKindFits({ ...fields, kind, face: openapi?.face });
    if (given !== undefined) ports.outbound.check(given, { allowPrivate }, "url");
    const how = { allowPrivate, baseUrl: given, signal: draining };
    const document = await readDocument(openapi, how, ports);
    const text = given ?? (document ? declaredUrlOf(document) : "");
    const url = ports.outbound.check(text, { allowPrivate }, "url");
    // A fragment is not sent to anyone (RFC 9110 §4.2.5).
    url.hash = "";
    checkAuthAddresses(fields.auth, allowPrivate, ports);
    await ports.servers.add(
      {
        ...fields,
        title,
        url,
        headers: allHeaders({ headers, bearerToken }),
        kind,
        face: openapi?.face,
      },
      document && (async (tx, id) => void (await ports.documents.put(tx, id, document))),
    );
    return detail(await readAnew(fields.slug, ports, draining), ports);
  },
});
