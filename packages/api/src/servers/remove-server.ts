import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";

/** It leaves its portals too. Throws `server_unknown`. */
export const removeServer = defineRoute({
  method: "DELETE",
  path: "/servers/{slug}",
  summary: "Remove a server, with its credentials and from its portals",
  role: "admin",
  params: z.strictObject({ slug }),
  handler: async ({ params }, { servers, changes }) => {
    await servers.remove(params.slug);
    await changes.flush();
  },
});
