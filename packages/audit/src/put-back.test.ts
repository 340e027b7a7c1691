import { sql } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { expect, test } from "vitest";
import { createAuditLog } from "./audit-log.ts";
import { auditMigrations } from "./migrations.ts";
import { exampleCall, tamper, testMac } from "./testing.ts";

test("what this process recorded and the tables have no more shows, though every seal in them is right", async () => {
  await using database = await createTestDatabase([auditMigrations]);
  await using log = createAuditLog({ database, mac: testMac });
  const append = async (count: number) => {
    for (let i = 0; i < count; i++) await log.append(exampleCall());
  };
  await append(5);
  const [head] = await database.query<{ mac: Buffer; seal: Buffer }>(sql`select mac, seal from audit_heads`);
  await append(3);
  await database.transaction((tx) =>
    tamper(
      tx,
      sql`delete from calls where seq > 5`,
      sql`update audit_heads set seq = 5, mac = ${head?.mac}, seal = ${head?.seal}`,
    ),
  );
  const cut = { chain: 1, seq: 6, breakage: "tail_cut" };
  expect(await log.verify()).toMatchObject({ intact: false, chains: 0, rows: 5, broken: [cut] });
  expect(await log.verify({ chain: 1 })).toMatchObject({ broken: [cut] });

  await append(2);
  expect(await log.verify()).toMatchObject({ chains: 1, rows: 7, broken: [cut] });
  await database.transaction((tx) =>
    tamper(tx, sql`delete from calls where chain = 2`, sql`delete from audit_heads where chain = 2`),
  );
  const gone = { chain: 2, seq: 1, breakage: "chain_removed" };
  expect((await log.verify()).broken).toEqual([cut, gone]);
  await append(1);
  expect((await log.verify()).broken).toEqual([cut, gone]);

  // A number is not given twice, so that the removed chain shows to other processes, too.
  await using another = createAuditLog({ database, mac: testMac });
  expect((await another.verify()).broken).toEqual([gone]);
});
