/**
 * Field lesson 1: where each person's own credentials are needed, no shared ones take their place. Whoever has none is
 * asked; whoever can have none is refused; and the admin's sign-in is used for nobody's calls unless an admin says so.
 */
import { startAuthorizationServer } from "@castellan/credentials/testing";
import { expect, test } from "vitest";
import { textIn } from "../accounts/answers.ts";
import { openAccounts } from "../accounts/houses.ts";
import { startProtectedServer } from "../accounts/upstream/protected-server.ts";
import { last, outcome } from "../policy/approvals/scene.ts";

test("nobody calls with the shared sign-in but programs, where an admin said so", async () => {
  await using authorizationServer = await startAuthorizationServer();
  await using server = await startProtectedServer({ authorizationServer });
  await using scene = await openAccounts();
  await scene.add("notes", server);
  const ada = await scene.come("Ada");
  const door = await ada.door("notes");
  const { secret } = await scene.api<{ secret: string }>("POST", "/tokens", {
    name: "nightly",
    role: "member",
    portals: ["notes"],
    allow: ["read", "write"],
  });
  const program = { url: door.url, token: secret };
  expect(await outcome(scene.call(door, "notes_whoami"))).toBe("link_required");
  expect(await outcome(scene.call(program, "notes_whoami"))).toBe("credentials_person_only");
  const called = () => server.visits.filter(({ method }) => method === "tools/call").map(({ user }) => user);
  expect(called()).toEqual([]);

  await scene.api("PATCH", "/servers/notes", { auth: { kind: "own_account", programs: "shared" } });
  await scene.settle();
  expect(textIn(await last(scene.call(program, "notes_whoami")))).toBe("svc");
  expect(await outcome(scene.call(door, "notes_whoami"))).toBe("link_required");
  await scene.linkHere(ada, "notes");
  expect(textIn(await last(scene.call(door, "notes_whoami")))).toBe("ada");
  expect(called()).toEqual(["svc", "ada"]);
});
