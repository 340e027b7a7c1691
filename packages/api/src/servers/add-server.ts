import { z } from "zod";
import { slug, title } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { bearerToken, headers } from "./headers.ts";
import { clientFeatures, uiHosts } from "./permissions.ts";
import { detailedServer, toDetailedServer } from "./shown-server.ts";

const maxUrlLength = 2048;

const newServer = z
  .strictObject({
    slug,
    /** https, or http to an address in `allowPrivate`. */
    url: z.string().max(maxUrlLength),
    title: title.optional(),
    headers: headers.optional(),
    /** Short for the header `Authorization: Bearer …`. */
    bearerToken: bearerToken.optional(),
    /** Hosts, `host:port`, addresses or CIDRs that this server may be at although they are not public. */
    allowPrivate: z.array(z.string().max(255)).max(50).default([]),
    clientFeatures: clientFeatures.default([]),
    uiHosts: uiHosts.default([]),
  })
  .refine(
    ({ headers, bearerToken }) => bearerToken === undefined || headers?.["authorization"] === undefined,
    {
      path: ["bearerToken"],
      message: "is given beside a header Authorization",
    },
  );

/**
 * A server that cannot be reached is registered all the same: its state says so, and a later sync may
 * find it. One that may not be called is not. Throws `outbound_refused`, `outbound_policy_invalid`,
 * `server_slug_taken`.
 */
export const addServer = defineRoute({
  method: "POST",
  path: "/servers",
  summary: "Register a server and read what it offers",
  role: "admin",
  status: 201,
  body: newServer,
  answer: detailedServer,
  handler: async ({ body, draining }, { servers, syncer, changes, catalog, outbound }) => {
    const { allowPrivate } = body;
    const url = outbound.check(body.url, { allowPrivate }, "url");
    // A fragment is not sent to anyone (RFC 9110 §4.2.5).
    url.hash = "";
    const added = await servers.add({
      slug: body.slug,
      title: body.title ?? body.slug,
      url,
      headers: {
        ...body.headers,
        ...(body.bearerToken !== undefined && { authorization: `Bearer ${body.bearerToken}` }),
      },
      allowPrivate,
      clientFeatures: body.clientFeatures,
      uiHosts: body.uiHosts,
    });
    try {
      // It goes on when the client leaves: nobody would come back to finish it.
      await syncer.sync(added.slug, draining);
    } catch (error) {
      if (!draining.aborted) throw error;
    }
    await changes.flush();
    return toDetailedServer(await servers.get(added.slug), catalog);
  },
});
