import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { pageQuery, slicePage, toPage } from "./paging.ts";

const query = z.strictObject(pageQuery);

test("a page has 50 entries unless told otherwise, and 200 at most", () => {
  expect(query.parse({})).toEqual({ limit: 50 });
  expect(query.parse({ limit: "200" })).toEqual({ limit: 200 });
  for (const limit of ["0", "201", "-1", "1.5", "1e2", ""])
    expect(query.safeParse({ limit }).success).toBe(false);
});

test("whatever entries there are and however pages are cut, each comes once and in order", () => {
  const key = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(fc.uniqueArray(key), fc.integer({ min: 1, max: 10 }), (keys, limit) => {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const wanted = query.parse({ limit: String(limit), ...(cursor !== undefined && { cursor }) });
        const page = toPage(
          slicePage(keys, (entry) => entry, wanted),
          (entry) => entry,
        );
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(seen).toEqual(keys.toSorted());
    }),
  );
});

test("a page goes on where the one before ended, though its last entry is gone", () => {
  const page = slicePage(["a", "c", "d"], (entry) => entry, { limit: 2, cursor: "b" });
  expect(page).toEqual({ items: ["c", "d"], next: undefined });
});

test("what was not answered as a cursor is refused", () => {
  for (const cursor of ["", "weather", "====", "YQ==", "YR", "AA", "_w", "a".repeat(9_000)])
    expect(query.safeParse({ cursor }).success).toBe(false);
  expect(query.parse({ cursor: "YQ" })).toEqual({ limit: 50, cursor: "a" });
});
