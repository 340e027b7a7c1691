/** Somebody who can write to the database, and does not hold the master key. */
import { sql, type SqlStatement } from "@castellan/database";
import { expect, test } from "vitest";
import { openTown } from "./testing/town.ts";

const never = new AbortController().signal;

test("tokens open for the person, server and authorization server that they were given for, and no other", async () => {
  await using town = await openTown();
  const [victim, thief] = [town.person(), town.person()];
  const evil = {
    ...town.target,
    id: "srv_evil",
    url: "https://evil.example/mcp",
    auth: { kind: "own_account" as const },
  };
  town.targets.set(evil.id, evil);
  const { account } = await town.link(victim);
  const put = async (change: SqlStatement) => {
    await town.database.query(sql`update linked_accounts set ${change} where id = ${account.id}`);
  };
  const tampered = { code: "vault_open_failed" };

  await put(sql`owner_id = ${thief.id}`);
  await expect(town.accounts.usable(town.target, thief, never)).rejects.toMatchObject(tampered);
  await put(
    sql`owner_id = ${victim.id}, target_id = ${evil.id}, origin = 'https://evil.example', resource = null`,
  );
  await expect(town.accounts.usable(evil, victim, never)).rejects.toMatchObject(tampered);
  await put(
    sql`target_id = ${town.target.id}, origin = 'https://crm.example', issuer = 'https://evil.example'`,
  );
  const elsewhere = await town.replica();
  await expect(elsewhere.accounts.usable(town.target, victim, never)).rejects.toMatchObject(tampered);
  await put(sql`issuer = ${town.server.issuer}, client_id = 'evil'`);
  await expect(elsewhere.accounts.usable(town.target, victim, never)).rejects.toMatchObject(tampered);
  expect([town.server.refreshes, town.server.revocations]).toEqual([[], []]);
});
