/** Schemas of what a configuration document says in several places. */
import {
  aliasRule,
  definitionNameRule,
  isAlias,
  isDefinitionName,
  type DefinitionKind,
} from "@castellan/calls";
import { isPrintable, isSlug, slugPattern, slugRule, type Slug } from "@castellan/kernel";
import { z } from "zod";

export const slug = z
  .string()
  .refine(isSlug, `must be ${slugRule}`)
  .transform((value) => value as Slug)
  .meta({ description: slugRule, pattern: slugPattern.source, maxLength: 32 });

/** One line that can be shown anywhere. */
export function line(minLength: number, maxLength: number) {
  return z
    .string()
    .min(minLength)
    .max(maxLength)
    .refine(isPrintable, "must hold printable characters only")
    .refine((value) => value.trim() === value, "must not begin or end with a space");
}

export const title = line(1, 128);

/** Text of several lines: the same with line breaks and tabs, wherever they stand. */
export function prose(minLength: number, maxLength: number) {
  return z
    .string()
    .min(minLength)
    .max(maxLength)
    .refine((value) => isPrintable(value.replaceAll(/[\n\t]/g, "")), "must hold printable characters only");
}

/** What a server calls something: a name, a URI, or a URI template. */
export const definitionName = z.string().refine(isDefinitionName, `must be ${definitionNameRule}`);

/** What a map by names may hold; `__proto__` is no name that every reader takes for one. */
export function byName<Entry extends z.ZodType>(entry: Entry, maxNames = 5_000) {
  return z
    .record(definitionName, entry)
    .refine((entries) => Object.keys(entries).length <= maxNames, `must have at most ${maxNames} entries`)
    .default({});
}

export const alias = z.string().refine(isAlias, `must be ${aliasRule}`).meta({ description: aliasRule });

/** How the document calls the kinds of definitions, and how the house does. */
export const kindsByField = {
  tools: "tool",
  prompts: "prompt",
  resources: "resource",
  resourceTemplates: "resource_template",
  instructions: "instructions",
} as const satisfies Readonly<Record<string, DefinitionKind>>;

export type KindField = keyof typeof kindsByField;
export const kindFields = Object.keys(kindsByField) as readonly KindField[];

/** The fields of the kinds that portals curate. */
export const curatedFields = ["tools", "prompts", "resources", "resourceTemplates"] as const;

const kinds = Object.values(kindsByField);

/** Kinds whose definitions need no approval, each once, in one order. */
export const autoAccept = z
  .array(z.enum(kinds))
  .transform((given) => kinds.filter((kind) => given.includes(kind)))
  .default([])
  .meta({ description: "Kinds whose new and changed definitions need no person's approval" });
