/** Reports as resources: one objective, or a whole quarter, in Markdown. */
import { type McpServer, ResourceNotFoundError, ResourceTemplate } from "@modelcontextprotocol/server";
import { quarterSchema } from "./objective.ts";
import { objectiveReport, percent, quarterReport } from "./report.ts";
import type { ObjectiveStore } from "./store.ts";
import { summarize } from "./summary.ts";
import { emojiIcon } from "./tool.ts";

export function objectiveUri(id: string): string {
  return `okr://objectives/${id}/report`;
}

export function quarterUri(quarter: string): string {
  return `okr://quarters/${quarter}/report`;
}

/** Listing everything would flood a client's picker; the tool list_objectives has pages. */
const maxListed = 100;

export function quartersIn(store: ObjectiveStore): string[] {
  return [...new Set(store.list().map(({ quarter }) => quarter))].sort();
}

export function registerResources(server: McpServer, store: ObjectiveStore): void {
  server.registerResource(
    "objective-report",
    new ResourceTemplate("okr://objectives/{id}/report", {
      list: () => ({
        resources: store
          .list()
          .slice(-maxListed)
          .map(summarize)
          .map(({ id, title, owner, quarter, progress }) => ({
            uri: objectiveUri(id),
            name: id,
            title,
            description: `${owner}, ${quarter}, ${percent(progress)}`,
            mimeType: "text/markdown",
          })),
      }),
      complete: {
        id: (value) =>
          store
            .list()
            .map(({ id }) => id)
            .filter((id) => id.startsWith(value)),
      },
    }),
    {
      title: "Report on an objective",
      description: "Key results, progress and notes of one objective",
      mimeType: "text/markdown",
      icons: [emojiIcon("🎯")],
    },
    (uri, { id }) => {
      const objective = typeof id === "string" ? store.find(id) : undefined;
      if (objective === undefined) throw new ResourceNotFoundError(uri.href);
      return markdown(uri, objectiveReport(objective));
    },
  );

  server.registerResource(
    "quarter-report",
    new ResourceTemplate("okr://quarters/{quarter}/report", {
      list: () => ({
        resources: quartersIn(store).map((quarter) => ({
          uri: quarterUri(quarter),
          name: quarter,
          title: `Objectives of ${quarter}`,
          mimeType: "text/markdown",
        })),
      }),
      complete: { quarter: (value) => quartersIn(store).filter((quarter) => quarter.startsWith(value)) },
    }),
    {
      title: "Report on a quarter",
      description: "All objectives of a quarter with their progress",
      mimeType: "text/markdown",
      icons: [emojiIcon("📅")],
    },
    (uri, variables) => {
      const quarter = quarterSchema.safeParse(variables["quarter"]);
      if (!quarter.success) throw new ResourceNotFoundError(uri.href);
      return markdown(uri, quarterReport(quarter.data, store.list({ quarter: quarter.data })));
    },
  );
}

function markdown(uri: URL, text: string) {
  return { contents: [{ uri: uri.href, mimeType: "text/markdown", text }] };
}
