/** Schemas of fields that several operations have. */
import { isId, isPrintable, isSlug, slugRule, type Id, type IdKind, type Slug } from "@castellan/kernel";
import { z } from "zod";

export const slug = z
  .string()
  .refine(isSlug, `must be ${slugRule}`)
  .transform((value) => value as Slug)
  .meta({ description: slugRule });

export function id<Kind extends IdKind>(kind: Kind) {
  return z
    .string()
    .refine((value) => isId(kind, value), `must be the id of ${/^[aei]/.test(kind) ? "an" : "a"} ${kind}`)
    .transform((value) => value as Id<Kind>);
}

/** Text that can be shown anywhere, and stored: PostgreSQL takes no U+0000. */
export function printable(maxLength: number, minLength = 1) {
  return z
    .string()
    .min(minLength)
    .max(maxLength)
    .refine(isPrintable, "must hold printable characters only")
    .refine((value) => value.trim() === value, "must not begin or end with a space");
}

/** Text of several lines: the same with line breaks and tabs, wherever they stand. */
export function prose(maxLength: number, minLength = 1) {
  return z
    .string()
    .min(minLength)
    .max(maxLength)
    .refine((value) => isPrintable(value.replaceAll(/[\n\t]/g, "")), "must hold printable characters only");
}

export const title = printable(128);

/** What a list is searched for. PostgreSQL takes no U+0000. */
export const searchText = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !text.includes("\0") && text.isWellFormed(), "must be text");

/** A time that comes in. */
export const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** A time that goes out, ISO 8601 in UTC with milliseconds. */
export const isoTime = z
  .date()
  .transform((date) => date.toISOString())
  .pipe(z.iso.datetime());

/** How many entries a page has: a whole number, as text in a query. */
export function pageLimit(max: number) {
  const rule = `must be a whole number from 1 to ${max}`;
  return z
    .string()
    .regex(/^\d{1,6}$/, rule)
    .transform(Number)
    .refine((count) => count >= 1 && count <= max, rule)
    .meta({ type: "integer", minimum: 1, maximum: max });
}
