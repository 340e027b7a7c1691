import { endGrant, pageGrants } from "@castellan/access";
import { z } from "zod";
import { id, slug } from "../fields.ts";
import { answerGrants, grantPage, grantPageQuery } from "../grants/shown-grant.ts";
import { defineRoute } from "../route.ts";
import { notYours, personOf } from "./person.ts";

export const listMyGrants = defineRoute({
  id: "listMyGrants",
  method: "GET",
  path: "/me/grants",
  summary: "List what you allowed clients to do, newest first",
  permission: "use",
  query: z.strictObject({ ...grantPageQuery, portal: slug.optional() }),
  answer: grantPage,
  handler: async ({ query: { portal, ...page }, principal }, ports) => {
    const userId = personOf(principal);
    if (!userId) return { items: [] };
    return answerGrants((filter) => pageGrants(ports.database, { ...filter, userId, portal }), page, ports);
  },
});

export const endMyGrant = defineRoute({
  id: "endMyGrant",
  method: "DELETE",
  path: "/me/grants/{id}",
  summary: "End what you allowed a client, with all of its tokens",
  permission: "use",
  errors: ["grant_not_found"],
  params: z.strictObject({ id: id("grant") }),
  handler: async ({ params, principal }, { database, changes, clock }) => {
    const userId = personOf(principal);
    if (!userId) throw notYours("grant_not_found");
    await endGrant(database, params.id, { now: new Date(clock.now()), userId });
    await changes.flush();
  },
});
