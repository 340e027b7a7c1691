/**
 * Field lesson 6: a portal over several servers sends each what is its own, with every request: the person's token of that
 * server, the headers that an admin set there, and nothing of another one.
 */
import { startAuthorizationServer } from "@castellan/credentials/testing";
import { expect, test } from "vitest";
import { textIn } from "../accounts/answers.ts";
import { openAccounts } from "../accounts/houses.ts";
import { startProtectedServer } from "../accounts/upstream/protected-server.ts";
import { last } from "../policy/approvals/scene.ts";

test("two servers, two accounts, and headers beside them", async () => {
  await using one = await startAuthorizationServer();
  await using two = await startAuthorizationServer();
  await using first = await startProtectedServer({ authorizationServer: one });
  await using second = await startProtectedServer({ authorizationServer: two, era: "legacy" });
  await using scene = await openAccounts();
  await scene.add("first", first, { fields: { headers: { "x-tenant": "acme" } } });
  await scene.add("second", second);
  await scene.api("PATCH", "/portals/first", { servers: ["first", "second"] });
  await scene.settle();
  const ada = await scene.come("Ada");
  two.users.add("ada.l");
  await scene.linkHere(ada, "first");
  await scene.linkHere(ada, "second", "ada.l");
  const door = await ada.door("first");
  for (let times = 0; times < 3; times += 1) {
    expect(textIn(await last(scene.call(door, "first_whoami")))).toBe("ada");
    expect(textIn(await last(scene.call(door, "second_whoami")))).toBe("ada.l");
  }
  // How to get a token is found out without any credentials.
  const authorized = (heard: readonly string[]) =>
    heard.filter((line) => line.includes('["authorization","Bearer '));
  const isTenant = (line: string) => line.includes('["x-tenant","acme"]');
  expect(authorized(first.heard).length).toBeGreaterThan(3);
  expect(authorized(first.heard).filter((line) => !isTenant(line))).toEqual([]);
  expect(authorized(second.heard).some(isTenant)).toBe(false);
  // Once it is known that a token is wanted, nothing of hers goes without one.
  const refused = [...first.refusals, ...second.refusals].filter(({ user }) => user !== undefined);
  expect(refused).toEqual([]);
});
