import { z } from "zod";
import { slug, title } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { clientFeatures, uiHosts } from "./permissions.ts";
import { detailedServer, toDetailedServer } from "./shown-server.ts";

const serverChange = z
  .strictObject({
    title: title.optional(),
    clientFeatures: clientFeatures.optional(),
    uiHosts: uiHosts.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, "must name something to change");

/**
 * What is absent stays; a list replaces the one before. Lines to the server that were opened under
 * other client features are not used again. Throws `server_unknown`.
 */
export const changeServer = defineRoute({
  method: "PATCH",
  path: "/servers/{slug}",
  summary: "Change a server's title, or what it may want of clients",
  role: "admin",
  params: z.strictObject({ slug }),
  body: serverChange,
  answer: detailedServer,
  handler: async ({ params, body }, { servers, changes, catalog }) => {
    const changed = await servers.change(params.slug, body);
    await changes.flush();
    return toDetailedServer(changed, catalog);
  },
});
