import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";

/** It leaves its portals too. */
export const removeServer = defineRoute({
  id: "removeServer",
  method: "DELETE",
  path: "/servers/{slug}",
  summary: "Remove a server, with its credentials and from its portals",
  permission: "manage",
  isVersioned: true,
  errors: ["server_unknown", "rule_refers"],
  params: z.strictObject({ slug }),
  handler: async ({ params, ifMatch }, { servers, changes }) => {
    await servers.remove(params.slug, ifMatch);
    await changes.flush();
  },
});
