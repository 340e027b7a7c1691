import { listTokens as readTokens } from "@castellan/access";
import { z } from "zod";
import { id, pageLimit } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownToken, toShownToken } from "./shown-token.ts";

const defaultLimit = 100;

export const listTokens = defineRoute({
  id: "listTokens",
  method: "GET",
  path: "/tokens",
  summary: "List the tokens, newest first",
  permission: "read",
  query: z.strictObject({
    revoked: z.enum(["true", "false"]).optional().describe("`true`: also those that were revoked"),
    limit: pageLimit(200).optional(),
    cursor: id("token").optional().describe("Where the page before ended: its `nextCursor`"),
  }),
  answer: z.object({ items: z.array(shownToken), nextCursor: z.string().optional() }),
  handler: async ({ query }, { database }) => {
    const limit = query.limit ?? defaultLimit;
    const found = await readTokens(database, {
      includeRevoked: query.revoked === "true",
      // One more tells whether there is another page.
      limit: limit + 1,
      after: query.cursor,
    });
    const items = found.slice(0, limit);
    return {
      items: items.map(toShownToken),
      nextCursor: found.length > limit ? items.at(-1)?.id : undefined,
    };
  },
});
