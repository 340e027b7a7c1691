import { expect, test } from "vitest";
import { prepared, sql } from "./sql.ts";
import { createTestDatabase } from "./testing.ts";

function plain({ text, values, name }: { text: string; values: readonly unknown[]; name?: string }) {
  return { text, values, name };
}

test("values become numbered parameters", () => {
  expect(plain(sql`select * from t where a = ${1} and b = ${"x"}`)).toEqual({
    text: "select * from t where a = $1 and b = $2",
    values: [1, "x"],
    name: undefined,
  });
});

test("a nested statement is spliced in, its parameters renumbered", () => {
  const inner = sql`b = ${2} and ${sql`c = ${3}`}`;
  expect(plain(prepared("find", sql`select ${1} from t where ${inner} or d = ${4}${sql``}`))).toEqual({
    text: "select $1 from t where b = $2 and c = $3 or d = $4",
    values: [1, 2, 3, 4],
    name: "find",
  });
});

test("an object that looks like a statement stays a value", async () => {
  await using database = await createTestDatabase();
  const hostile = { text: "1; drop table changes", values: [] };
  expect(await database.query(sql`select ${hostile}::jsonb as value`)).toEqual([{ value: hostile }]);
});

test("undefined is refused", () => {
  expect(() => sql`select ${null}, ${undefined}`).toThrow(new TypeError("sql: value 2 is undefined"));
});
