/**
 * What a definition must be like to be listed. Clients check a list as a whole: the SDKs throw all of it
 * away for one definition with a member of the wrong type, so one server's slip would empty the lists of a
 * whole portal. Each schema is what the clients of all revisions take (schema of 2025-11-25 and of
 * 2026-07-28: `Tool`, `Prompt`, `Resource`, `ResourceTemplate`); members that it does not name may be anything.
 */
import type { CapabilityKind } from "@castellan/mcp";
import { z } from "zod";

const text = z.string().optional();
const flag = z.boolean().optional();

/** JSON Schema 2020-12 §4.3: a schema is an object or a boolean. */
const subschema = z.custom(
  (value) => typeof value === "boolean" || (typeof value === "object" && value !== null),
  "Invalid input: expected a JSON Schema",
);

/** The SDKs take no number that is infinite to `JSON.parse`. */
const finite = "Invalid input: holds a number that no double holds";

const objectSchema = z
  .looseObject({
    $schema: text,
    type: z.literal("object"),
    properties: z.record(z.string(), subschema).optional(),
    required: z.array(z.string()).optional(),
  })
  .refine(holdsFiniteNumbers, finite);

/** 2026-07-28 (SEP-2106): the root may be of any type. `toLegacyTool` sees to clients of before. */
const outputSchema = z
  .looseObject({ $schema: text })
  .refine(holdsFiniteNumbers, finite)
  .superRefine((schema, context) => {
    if (schema["type"] !== "object") return;
    for (const issue of objectSchema.safeParse(schema).error?.issues ?? []) context.addIssue({ ...issue });
  });

const annotations = z.looseObject({
  audience: z.array(z.enum(["user", "assistant"])).optional(),
  priority: z.number().min(0).max(1).optional(),
  lastModified: z.iso.datetime({ offset: true }).optional(),
});

const toolAnnotations = z.looseObject({
  title: text,
  readOnlyHint: flag,
  destructiveHint: flag,
  idempotentHint: flag,
  openWorldHint: flag,
});

const icon = z.looseObject({
  src: z.string(),
  mimeType: text,
  sizes: z.array(z.string()).optional(),
  theme: z.enum(["light", "dark"]).optional(),
});

/** What each kind has. */
const described = z.looseObject({
  name: z.string(),
  title: text,
  description: text,
  icons: z.array(icon).optional(),
  _meta: z.looseObject({}).optional(),
});

const resource = described.extend({ mimeType: text, annotations: annotations.optional() });

const shapes: Readonly<Record<CapabilityKind, z.ZodType>> = {
  tool: described.extend({
    inputSchema: objectSchema,
    outputSchema: outputSchema.optional(),
    annotations: toolAnnotations.optional(),
    execution: z
      .looseObject({ taskSupport: z.enum(["required", "optional", "forbidden"]).optional() })
      .optional(),
  }),
  prompt: described.extend({
    arguments: z.array(z.looseObject({ name: z.string(), description: text, required: flag })).optional(),
  }),
  resource: resource.extend({ uri: z.string(), size: z.number().optional() }),
  resource_template: resource.extend({ uriTemplate: z.string() }),
};

/** What is wrong with a parsed definition, in words; undefined when every client can read it. */
export function shapeProblem(kind: CapabilityKind, definition: unknown): string | undefined {
  const issue = shapes[kind].safeParse(definition).error?.issues[0];
  // A path names members as the server spelled them.
  return issue && `has a bad ${JSON.stringify(issue.path.join(".").slice(0, 80))}: ${issue.message}`;
}

function holdsFiniteNumbers(value: unknown): boolean {
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === "number" && !Number.isFinite(next)) return false;
    if (typeof next === "object" && next !== null) open.push(...Object.values(next));
  }
  return true;
}
