/** What a client may ask of the list (`GET /v0.1/servers`), and the cursor that leads to its next page. */
import { invalidInput, parseInput } from "@castellan/kernel";
import type { Context } from "hono";
import { z } from "zod";
import type { Entry } from "./entry.ts";

export interface ListQuery {
  readonly limit: number;
  /** The page begins after the entry of this name. */
  readonly after: string | undefined;
  readonly filter: ListFilter;
}

export interface ListFilter {
  readonly search?: string | undefined;
  readonly version?: string | undefined;
  /** ISO 8601. */
  readonly updatedSince?: string | undefined;
}

/** As those of the official registry. */
const defaultLimit = 30;
const maxLimit = 100;

const time = z.iso.datetime({ offset: true });

/** Read from text, so that a parameter that is there without a value is as one that is not there. */
function optional<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => (value === "" ? undefined : value), schema.optional());
}

const cursorContent = z.strictObject({
  after: z.string().min(1).max(200),
  search: z.string().max(200).optional(),
  version: z.string().max(255).optional(),
  updatedSince: time.optional(),
});

const listQuery = z.object({
  limit: optional(
    z
      .string()
      .regex(/^\d{1,9}$/, "must be a whole number")
      .transform(Number)
      .refine((limit) => limit > 0, "must be at least 1")
      .transform((limit) => Math.min(limit, maxLimit)),
  ),
  cursor: optional(
    z
      .string()
      .max(8192)
      .transform((text, context) => {
        const content = cursorContent.safeParse(fromCursor(text));
        if (content.success) return content.data;
        context.addIssue({ code: "custom", message: "must be the nextCursor of the page before" });
        return z.NEVER;
      }),
  ),
  search: optional(z.string().max(200)),
  version: optional(z.string().max(255)),
  updated_since: optional(time),
  // Nothing that was deleted is kept: there is none to be included.
  include_deleted: optional(z.enum(["true", "false"])),
});

/** Throws `invalid_input`. Parameters that nobody knows are left alone: registries differ. */
export function parseListQuery(c: Context): ListQuery {
  const { limit, cursor, updated_since, ...query } = parseInput(listQuery, readQuery(c), "query");
  return {
    limit: limit ?? defaultLimit,
    after: cursor?.after,
    // Some clients (VS Code) do not repeat what they search for when they ask for the next page.
    filter: {
      search: query.search ?? cursor?.search,
      version: query.version ?? cursor?.version,
      updatedSince: updated_since ?? cursor?.updatedSince,
    },
  };
}

/** Goes into a URL as it is: clients do not encode it. */
export function toCursor(after: string, filter: ListFilter): string {
  return Buffer.from(JSON.stringify({ after, ...filter })).toString("base64url");
}

export function isWanted(entry: Entry, { search, version, updatedSince }: ListFilter): boolean {
  const { name, title, description } = entry;
  const isFound = (text: string) =>
    [name, title, description].some((part) => part.toLowerCase().includes(text.toLowerCase()));
  return (
    (search === undefined || isFound(search)) &&
    (version === undefined || isVersion(entry, version)) &&
    (updatedSince === undefined || entry.updatedAt >= new Date(updatedSince))
  );
}

/** Whether this is what a caller means by a version: `latest`, or the one that there is. */
export function isVersion(entry: Entry, version: string): boolean {
  return version === "latest" || version === entry.version;
}

function fromCursor(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}

/** A parameter given twice would be read differently by different readers. */
function readQuery(c: Context): Record<string, string | undefined> {
  const all = Object.entries(c.req.queries());
  const repeated = all.filter(([name, values]) => values.length > 1 && name in listQuery.shape);
  if (repeated.length > 0)
    throw invalidInput(repeated.map(([field]) => ({ field, reason: "is given twice" })));
  return Object.fromEntries(all.map(([name, [value]]) => [name, value]));
}
