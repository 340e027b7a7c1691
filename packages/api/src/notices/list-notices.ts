import { noticeChannels, noticeStates, type SentNotice } from "@castellan/notices";
import { z } from "zod";
import { isoTime } from "../fields.ts";
import { pageOf, pageQuery, toPage } from "../paging.ts";
import { defineRoute } from "../route.ts";

const shownNotice = z
  .object({
    id: z.string().describe("`ntc_…`; what a webhook gets as `webhook-id`"),
    kind: z.string(),
    channel: z.enum(noticeChannels),
    recipient: z.string().describe("An e-mail address, or the name of a webhook; its id once it is gone"),
    state: z.enum(noticeStates),
    attempts: z.int(),
    nextAt: isoTime.optional().describe("When it is tried next; absent: never"),
    lastError: z
      .string()
      .optional()
      .describe("What came of the last attempt; may hold what the other side said"),
    createdAt: isoTime,
    settledAt: isoTime.optional(),
  })
  .meta({ id: "Notice" });

/** What arrived is listed for a week, what did not for a month. What a notice says is not shown. */
export const listNotices = defineRoute({
  id: "listNotices",
  method: "GET",
  path: "/notices",
  summary: "List who was told what by e-mail and webhook, and whether it arrived; the newest first",
  permission: "read",
  query: z.strictObject({
    ...pageQuery,
    state: z.enum(noticeStates).optional(),
    channel: z.enum(noticeChannels).optional(),
  }),
  answer: pageOf(shownNotice),
  handler: async ({ query: { cursor: after, ...filter } }, { notices }) =>
    toPage(await notices.page({ ...filter, after }), (notice: SentNotice) => notice),
});
