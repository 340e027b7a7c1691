import { sql } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { expect, test } from "vitest";
import { credentialMigrations } from "./migrations.ts";
import { credentialSealedColumns } from "./sealed-columns.ts";

test("a rotation of the master key finds every sealed column", async () => {
  await using database = await createTestDatabase([credentialMigrations]);
  const rows = await database.query<{ name: string }>(sql`
    select table_name || '.' || column_name as name from information_schema.columns
    where table_schema = current_schema() and column_name like 'sealed%' order by 1`);
  const declared = credentialSealedColumns.map(({ table, column }) => `${table}.${column}`);
  expect(declared.toSorted()).toEqual(rows.map(({ name }) => name));
});
