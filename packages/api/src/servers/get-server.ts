import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { detailedServer, toDetailedServer } from "./shown-server.ts";

/** Throws `server_unknown`. */
export const getServer = defineRoute({
  method: "GET",
  path: "/servers/{slug}",
  summary: "Show a server and what it offers",
  role: "admin",
  params: z.strictObject({ slug }),
  answer: detailedServer,
  handler: async ({ params }, { servers, catalog }) =>
    toDetailedServer(await servers.get(params.slug), catalog),
});
