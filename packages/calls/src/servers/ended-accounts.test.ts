import type { UpstreamAuth } from "@castellan/credentials";
import type { Queryable } from "@castellan/database";
import { expect, test } from "vitest";
import { createServerStore } from "./server-store.ts";
import { newServer, openStores } from "../testing.ts";
import { endedAccounts } from "./ended-accounts.ts";

const url = "https://crm.example/mcp";
const issuer = "https://login.crm.example";
const own: UpstreamAuth = { kind: "own_account" };
const shared: UpstreamAuth = { kind: "shared_account" };

test.each<[UpstreamAuth, UpstreamAuth, string, ReturnType<typeof endedAccounts>]>([
  [own, own, url, undefined],
  [own, own, "https://crm.example/other", undefined],
  [own, own, "https://evil.example/mcp", "all"],
  [{ kind: "auto" }, own, url, undefined],
  [own, { ...own, scopes: ["more"] }, url, undefined],
  // Which it is was found out before; now it is said.
  [own, { ...own, issuer }, url, undefined],
  [{ ...own, issuer }, { ...own, issuer: "https://evil.example" }, url, "all"],
  [own, { ...own, issuer, client: { id: "us" } }, url, "all"],
  [own, shared, url, "people"],
  [shared, own, url, undefined],
  [own, { kind: "own_key" }, url, "all"],
  [{ kind: "own_key" }, { kind: "none" }, url, "all"],
  [{ kind: "none" }, own, "https://evil.example/mcp", undefined],
])("%j, then %j at %s: %s", (before, after, then, ended) => {
  expect(endedAccounts({ url, auth: before }, { url: then, auth: after })).toBe(ended);
});

test("accounts are ended in the transaction that changes or removes the server, or nothing is", async () => {
  await using stores = await openStores();
  const told: unknown[] = [];
  let refuses = true;
  const tell = (_: Queryable, ...what: unknown[]) => {
    told.push(what);
    return refuses ? Promise.reject(new Error("no")) : Promise.resolve();
  };
  const { database, vault } = stores;
  const servers = createServerStore({
    database,
    vault,
    onRemoved: (tx, _, id) => tell(tx, id, "removed"),
    onAccountsEnded: tell,
  });
  const { id } = await servers.add(newServer("crm", { auth: own }));
  await servers.change("crm", { title: "CRM" });
  await expect(servers.change("crm", { auth: shared })).rejects.toThrow("no");
  await expect(servers.remove("crm")).rejects.toThrow("no");
  expect((await servers.get("crm")).server.auth).toEqual(own);
  refuses = false;
  await servers.change("crm", { auth: shared });
  await servers.remove("crm");
  expect(told).toEqual([
    [id, "people"],
    [id, "removed"],
    [id, "people"],
    [id, "removed"],
  ]);
});
