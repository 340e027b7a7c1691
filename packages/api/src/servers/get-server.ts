import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { detail } from "./show-server.ts";
import { detailedServer } from "./shown-server.ts";

export const getServer = defineRoute({
  id: "getServer",
  method: "GET",
  path: "/servers/{slug}",
  summary: "Show a server and what it offers",
  permission: "build",
  isVersioned: true,
  errors: ["server_unknown"],
  params: z.strictObject({ slug }),
  answer: detailedServer,
  handler: async ({ params }, ports) => detail(await ports.servers.get(params.slug), ports),
});
