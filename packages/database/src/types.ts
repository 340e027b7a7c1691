/**
 * How PostgreSQL's types arrive, where it differs from what the driver does by itself.
 *
 * - `int8` (and `count(*)`) is a number. A value beyond 2^53 fails the query rather than
 *   being rounded: select it as `::text`.
 * - `date` is the string `2026-01-31`: it has no time zone, so it is no `Date`.
 * - `timestamptz` is a `Date`, `numeric` and `xid8` are strings, `json` and `jsonb` are parsed.
 */
import pg from "pg";

const int8 = 20;
const int8Array = 1016;
const date = 1082;

type Parser<T> = (text: string) => T;

/** The driver's own; its declaration lists only some of the types. */
const parserOf = pg.types.getTypeParser as (oid: number, format?: "text" | "binary") => Parser<unknown>;
const parseInt8Array = parserOf(int8Array) as Parser<(string | null)[]>;

const parsers: Readonly<Record<number, Parser<unknown>>> = {
  [int8]: parseInt8,
  [int8Array]: (text) => parseInt8Array(text).map((item) => (item === null ? null : parseInt8(item))),
  [date]: (text) => text,
};

export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    (format !== "binary" && parsers[oid]) || parserOf(oid, format),
};

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError("A bigint beyond 2^53 was selected as a number; select it as text");
  return value;
}
