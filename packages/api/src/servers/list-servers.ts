import { z } from "zod";
import { defineRoute } from "../route.ts";
import { shownServer, toShownServer } from "./shown-server.ts";

export const listServers = defineRoute({
  method: "GET",
  path: "/servers",
  summary: "List the registered servers by slug",
  role: "admin",
  query: z.strictObject({}),
  answer: z.object({ items: z.array(shownServer) }),
  handler: async (_request, { servers, catalog }) => ({
    items: (await servers.list()).map((stored) => toShownServer(stored, catalog)),
  }),
});
