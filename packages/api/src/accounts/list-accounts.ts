import { isId, type Id } from "@castellan/kernel";
import { z } from "zod";
import { slug } from "../fields.ts";
import { pageOf, pageQuery, toPage } from "../paging.ts";
import { defineRoute } from "../route.ts";
import { shownAccount, toShownAccount } from "./shown-account.ts";

export const listAccounts = defineRoute({
  id: "listAccounts",
  method: "GET",
  path: "/servers/{slug}/accounts",
  summary: "List who has signed in at a server, and what fails; what an account has is shown to nobody",
  permission: "read",
  errors: ["server_unknown"],
  params: z.strictObject({ slug }),
  query: z.strictObject(pageQuery),
  answer: pageOf(shownAccount),
  handler: async ({ params, query: { cursor, limit } }, { servers, accounts }) => {
    const { server } = await servers.get(params.slug);
    const after = cursor !== undefined && isId("account", cursor) ? (cursor as Id<"account">) : undefined;
    // One more tells whether there is another page.
    const found = await accounts.ofTarget(server.id, { after, limit: limit + 1 });
    const items = found.slice(0, limit);
    return toPage({ items, next: found.length > limit ? items.at(-1)?.id : undefined }, toShownAccount);
  },
});
