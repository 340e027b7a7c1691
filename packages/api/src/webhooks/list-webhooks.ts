import { z } from "zod";
import { pageOf, pageQuery, slicePage, toPage } from "../paging.ts";
import { defineRoute } from "../route.ts";
import { shownWebhook, toShownWebhook } from "./shown-webhook.ts";

export const listWebhooks = defineRoute({
  id: "listWebhooks",
  method: "GET",
  path: "/webhooks",
  summary: "List the webhooks by name",
  permission: "read",
  query: z.strictObject(pageQuery),
  answer: pageOf(shownWebhook),
  handler: async ({ query }, { webhooks }) =>
    toPage(
      slicePage(await webhooks.list(), ({ name }) => name, query),
      toShownWebhook,
    ),
});
