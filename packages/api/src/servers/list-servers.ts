import { shownStatuses } from "@castellan/calls";
import { z } from "zod";
import { searchText, slug } from "../fields.ts";
import { pageOf, pageQuery, toPage } from "../paging.ts";
import { defineRoute } from "../route.ts";
import { toShownServer, toShownStatus } from "./show-server.ts";
import { shownServer } from "./shown-server.ts";
import { readStandings } from "./standings.ts";

export const listServers = defineRoute({
  id: "listServers",
  method: "GET",
  path: "/servers",
  summary: "List the registered servers by slug",
  permission: "build",
  errors: ["portal_not_found"],
  query: z.strictObject({
    ...pageQuery,
    status: z.enum(shownStatuses).optional(),
    q: searchText.optional().meta({ description: "Text in slug, title, description or URL" }),
    portal: slug.optional().meta({ description: "Servers of this portal only" }),
  }),
  answer: pageOf(shownServer),
  handler: async ({ query }, ports) => {
    const { servers, portals } = ports;
    const { status, q, portal, cursor, limit } = query;
    const sources = { ...ports, standings: await readStandings(ports) };
    const page = await servers.page({
      q,
      ids: portal === undefined ? undefined : (await portals.get(portal)).serverIds,
      isWanted: status === undefined ? undefined : (stored) => toShownStatus(stored, sources) === status,
      after: cursor,
      limit,
    });
    return toPage(page, (stored) => toShownServer(stored, sources));
  },
});
