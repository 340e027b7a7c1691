import { pageGrants } from "@castellan/access";
import { z } from "zod";
import { id, printable, slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { answerGrants, grantPage, grantPageQuery } from "./shown-grant.ts";

export const listGrants = defineRoute({
  id: "listGrants",
  method: "GET",
  path: "/grants",
  summary: "List what people allowed clients to do, newest first; all filters must match",
  permission: "read",
  query: z.strictObject({
    ...grantPageQuery,
    user: id("user").optional(),
    client: printable(2048).optional().describe("The id of the client"),
    portal: slug.optional(),
  }),
  answer: grantPage,
  handler: ({ query: { user: userId, client: clientId, portal, ...page } }, ports) =>
    answerGrants(
      (filter) => pageGrants(ports.database, { ...filter, userId, clientId, portal }),
      page,
      ports,
    ),
});
