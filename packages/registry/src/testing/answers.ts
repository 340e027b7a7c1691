/** What the registry may answer: the official schema, narrowed to what this one has. */
import { z } from "zod";

const time = z.iso.datetime();
const count = z.int().min(0);

/** `ServerResponse` with all that it may hold here: the patterns and lengths of the official schema, and no more members. */
export const serverResponse = z.strictObject({
  server: z.strictObject({
    $schema: z.literal("https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"),
    name: z
      .string()
      .min(3)
      .max(200)
      .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
    title: z.string().min(1).max(100),
    description: z.string().min(1).max(100),
    version: z.string().regex(/^1\.0\.\d+$/),
    remotes: z
      .array(
        z.strictObject({
          type: z.literal("streamable-http"),
          url: z.string().regex(/^https:\/\/mcp\.example\.com\/p\/[a-z0-9-]+\/mcp(\?servers=[a-z0-9-]+)?$/),
        }),
      )
      .min(1),
  }),
  _meta: z.strictObject({
    "io.modelcontextprotocol.registry/official": z.strictObject({
      status: z.literal("active"),
      statusChangedAt: time,
      publishedAt: time,
      updatedAt: time,
      isLatest: z.literal(true),
    }),
    "dev.castellan/registry": z.strictObject({
      kind: z.enum(["server", "portal"]),
      portals: z.array(
        z.strictObject({
          slug: z.string(),
          tools: count,
          prompts: count,
          resources: count,
          resourceTemplates: count,
        }),
      ),
    }),
  }),
});

export const serverList = z.strictObject({
  servers: z.array(serverResponse),
  metadata: z.strictObject({
    count: z.int(),
    nextCursor: z
      .string()
      .regex(/^[\w-]+$/)
      .optional(),
  }),
});
