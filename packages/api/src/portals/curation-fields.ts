/** What a portal makes of a server's offer, as the API takes and shows it: by kind, then by the server's own names. */
import {
  aliasRule,
  curationModes,
  definitionNameRule,
  isAlias,
  isDefinitionName,
  type Curation,
} from "@castellan/calls";
import type { CurationPatch } from "@castellan/portal";
import { z } from "zod";
import { prose } from "../fields.ts";

const maxEntries = 5_000;
const maxDescription = 10_000;

const mode = z.enum(curationModes).meta({
  description: "`all`: on unless switched off. `allowlist`: off unless switched on",
});
const alias = z
  .string()
  .refine(isAlias, `must be ${aliasRule}`)
  .meta({
    description: `Takes the place of the server's name in the public name. ${aliasRule}`,
  });
const described = {
  enabled: z.boolean(),
  description: prose(maxDescription).meta({ description: "Takes the place of the server's description" }),
};
const named = { ...described, alias };

const ownName = z.string().refine(isDefinitionName, `must be ${definitionNameRule}`);

function byName<Entry extends z.ZodType>(entry: Entry) {
  return z
    .record(ownName, entry)
    .refine(
      (entries) => Object.keys(entries).length <= maxEntries,
      `must have at most ${maxEntries} entries`,
    );
}

const namedEntries = byName(z.strictObject(named).partial());
const describedEntries = byName(z.strictObject(described).partial());

/** Kinds as the API calls them, and as the house does. */
export const kindOf = {
  tools: "tool",
  prompts: "prompt",
  resources: "resource",
  resourceTemplates: "resource_template",
} as const;

export const curationFields = {
  mode: mode.default("all"),
  tools: namedEntries.default({}),
  prompts: namedEntries.default({}),
  resources: describedEntries.default({}),
  resourceTemplates: describedEntries.default({}),
};

interface GivenCuration {
  readonly mode: Curation["mode"];
  readonly tools: Entries;
  readonly prompts: Entries;
  readonly resources: Entries;
  readonly resourceTemplates: Entries;
}

interface GivenEntry {
  readonly enabled?: boolean | undefined;
  readonly alias?: string | undefined;
  readonly description?: string | undefined;
}

type Entries = Readonly<Record<string, GivenEntry>>;

export function toCuration({ mode, tools, prompts, resources, resourceTemplates }: GivenCuration): Curation {
  return {
    mode,
    entries: {
      tool: toEntries(tools),
      prompt: toEntries(prompts),
      resource: toEntries(resources),
      resource_template: toEntries(resourceTemplates),
    },
  };
}

function toEntries(entries: Entries): Curation["entries"]["tool"] {
  return Object.fromEntries(
    Object.entries(entries).map(([name, { enabled, alias: other, description }]) => [
      name,
      {
        ...(enabled !== undefined && { enabled }),
        ...(other !== undefined && { alias: other }),
        ...(description !== undefined && { description }),
      },
    ]),
  );
}

function patchOf<Shape extends z.core.$ZodLooseShape>(fields: Shape) {
  const nullable = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, (field as z.ZodType).nullable().optional()]),
  ) as { [Field in keyof Shape]: z.ZodOptional<z.ZodNullable<Shape[Field]>> };
  return byName(z.strictObject(nullable).nullable()).nullable().optional();
}

/** RFC 7396: null takes out an entry, a field of one, or all of a kind; what is absent stays. */
export const curationPatch = z
  .strictObject({
    mode: mode.nullable().optional(),
    tools: patchOf(named),
    prompts: patchOf(named),
    resources: patchOf(described),
    resourceTemplates: patchOf(described),
  })
  .refine((patch) => Object.keys(patch).length > 0, "must name something to change");

export function toCurationPatch({ mode, ...kinds }: z.output<typeof curationPatch>): CurationPatch {
  return {
    mode,
    entries: {
      ...(kinds.tools !== undefined && { tool: kinds.tools }),
      ...(kinds.prompts !== undefined && { prompt: kinds.prompts }),
      ...(kinds.resources !== undefined && { resource: kinds.resources }),
      ...(kinds.resourceTemplates !== undefined && { resource_template: kinds.resourceTemplates }),
    },
  };
}
