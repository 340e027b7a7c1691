import { approvalStates } from "@castellan/approvals";
import { z } from "zod";
import { id, pageLimit } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { personOf, seesAll } from "./asking-person.ts";
import { showApproval, shownApproval } from "./shown-approval.ts";

const defaultLimit = 50;

export const listApprovals = defineRoute({
  id: "listApprovals",
  method: "GET",
  path: "/approvals",
  summary:
    "List requests for a decision, newest first: yours, those you may decide, and all for who may read everything",
  permission: "use",
  query: z.strictObject({
    state: z.enum(approvalStates).optional(),
    view: z
      .enum(["own", "waiting"])
      .optional()
      .describe("`own`: what you asked for; `waiting`: what waits for your decision"),
    limit: pageLimit(200).optional(),
    cursor: id("approval").optional().describe("Where the page before ended: its `nextCursor`"),
  }),
  answer: z.object({ items: z.array(shownApproval), nextCursor: z.string().optional() }),
  handler: async ({ query: { state, view, limit = defaultLimit, cursor }, principal }, ports) => {
    const person = personOf(principal);
    // A program decides nothing.
    if (view === "waiting" && person === undefined) return { items: [] };
    const isOwnOnly = view === "own" || (person === undefined && !seesAll(principal));
    const found = await ports.approvals.page({
      state,
      askerId: isOwnOnly ? principal.id : undefined,
      visibleTo: seesAll(principal) ? undefined : person,
      decidableBy: view === "waiting" ? person : undefined,
      after: cursor,
      // One more tells whether there is another page.
      limit: limit + 1,
    });
    const items = found.slice(0, limit);
    return {
      items: items.map((approval) => showApproval(approval, ports)),
      nextCursor: found.length > limit ? items.at(-1)?.id : undefined,
    };
  },
});
