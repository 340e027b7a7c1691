/**
 * Lists in pages: what a caller may ask for, and what they get. A cursor is where the page before ended: the
 * key of its last entry, so that a page stays right while entries come and go between two of them. To callers
 * it is opaque.
 */
import { z } from "zod";
import { pageLimit } from "./fields.ts";

const maxPage = 200;
const defaultPage = 50;
const maxCursorLength = 8192;

/** Fields of the query of every list: `z.strictObject({ ...pageQuery, q: … })`. */
export const pageQuery = {
  limit: pageLimit(maxPage).default(defaultPage).meta({ description: "How many entries at most" }),
  /** What the handler gets is the key in it: the page begins after that. */
  cursor: z
    .string()
    .max(maxCursorLength)
    .transform((cursor, context) => {
      const key = fromCursor(cursor);
      if (key !== undefined) return key;
      context.addIssue({ code: "custom", message: "must be a nextCursor that was answered" });
      return z.NEVER;
    })
    .optional()
    .meta({ description: "Where the page before ended: its `nextCursor`" }),
};

/** What a handler knows of the page that is wanted. */
export interface PageRequest {
  /** 1 to 200. */
  readonly limit: number;
  /** Key of the last entry of the page before; absent: the first page. */
  readonly cursor?: string | undefined;
}

/** The answer of a list: `nextCursor` is absent on the last page. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().optional() });
}

/** A page of a store as its answer; `next` is the key that the page after begins behind. */
export function toPage<Entry, Shown>(
  { items, next }: { readonly items: readonly Entry[]; readonly next?: string | undefined },
  show: (entry: Entry) => Shown,
): { items: Shown[]; nextCursor?: string | undefined } {
  return { items: items.map(show), nextCursor: next === undefined ? undefined : toCursor(next) };
}

/** The page of a list that is in memory. Keys are unique; they are compared by code unit, whatever the order is told by. */
export function slicePage<Entry>(
  entries: readonly Entry[],
  keyOf: (entry: Entry) => string,
  { limit, cursor }: PageRequest,
): { items: Entry[]; next: string | undefined } {
  const keyed = entries.map((entry) => ({ entry, key: keyOf(entry) }));
  const rest = keyed
    .filter(({ key }) => cursor === undefined || key > cursor)
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const items = rest.slice(0, limit);
  return {
    items: items.map(({ entry }) => entry),
    next: rest.length > limit ? items.at(-1)?.key : undefined,
  };
}

function toCursor(key: string): string {
  return Buffer.from(key, "utf8").toString("base64url");
}

/** Undefined when this is nothing that `toCursor` made: there is one spelling of each key. */
function fromCursor(cursor: string): string | undefined {
  const key = Buffer.from(cursor, "base64url").toString("utf8");
  // PostgreSQL takes no U+0000.
  return key !== "" && !key.includes("\0") && toCursor(key) === cursor ? key : undefined;
}
