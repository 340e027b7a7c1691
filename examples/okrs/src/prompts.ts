/** The one prompt of this service: the weekly review of a quarter. */
import { type McpServer, completable } from "@modelcontextprotocol/server";
import { z } from "zod";
import { quarterOf, quarterSchema } from "./objective.ts";
import { quarterReport } from "./report.ts";
import { quarterUri, quartersIn } from "./resources.ts";
import { type Desk, emojiIcon } from "./tool.ts";

export function registerPrompts(server: McpServer, { store, now }: Desk): void {
  server.registerPrompt(
    "weekly_review",
    {
      title: "Weekly review",
      description:
        "Goes through a quarter's objectives with the team: what moved, what is stuck, what to decide",
      icons: [emojiIcon("🗓️")],
      argsSchema: z.object({
        // `completable` goes inside `optional`: the SDK looks for it there.
        quarter: completable(
          quarterSchema.describe("Calendar quarter, for example 2026-Q4; this one when left out"),
          (value) => quartersIn(store).filter((quarter) => quarter.startsWith(value)),
        ).optional(),
        owner: completable(
          z.string().describe("Only the objectives of this person or team"),
          (value, context) => {
            const quarter = context?.arguments?.["quarter"];
            const owners = new Set(store.list({ quarter }).map(({ owner }) => owner));
            const start = value.toLowerCase();
            return [...owners].filter((owner) => owner.toLowerCase().startsWith(start)).sort();
          },
        ).optional(),
      }),
    },
    ({ quarter = quarterOf(now()), owner }) => ({
      description: `The weekly review of ${quarter}`,
      messages: [
        {
          role: "user",
          content: {
            type: "text",
            text: `Lead our weekly review of ${quarter}${owner === undefined ? "" : ` for ${owner}`}. Start from the report below. For each active objective: say what moved since the last check-in, ask the owner for a new value where it is older than a week, and record the answer with update_progress. End with the three decisions that would help most.`,
          },
        },
        {
          role: "user",
          content: {
            type: "resource",
            resource: {
              uri: quarterUri(quarter),
              mimeType: "text/markdown",
              text: quarterReport(quarter, store.list({ quarter, owner })),
            },
          },
        },
      ],
    }),
  );
}
