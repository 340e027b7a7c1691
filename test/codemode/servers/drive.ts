/** *google-workspace*: documents that are searched for and read. */
import { z } from "zod";
import { serveTools, type ToolServer } from "./served.ts";

/** `documents`: content by id. */
export function startDrive(documents: Readonly<Record<string, string>>): Promise<ToolServer> {
  return serveTools("google-workspace", [
    {
      name: "drive_search_files",
      description: "Searches Google Drive for files with these words.",
      input: z.object({ query: z.string() }),
      access: "read",
      run: ({ query }) =>
        Object.entries(documents)
          .filter(([, content]) => content.includes(String(query)))
          .map(([fileId]) => ({ fileId })),
    },
    {
      name: "drive_get_content",
      description: "Reads the content of a file in Google Drive.",
      input: z.object({ fileId: z.string() }),
      access: "read",
      run: ({ fileId }) => {
        const content = documents[String(fileId)];
        if (content === undefined) throw new Error(`There is no file ${String(fileId)}`);
        return { fileId, content };
      },
    },
  ]);
}
