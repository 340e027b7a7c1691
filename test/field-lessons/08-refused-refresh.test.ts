/**
 * Field lesson 8: a refused refresh is one refusal. It ends the one link that it was for, whoever waits for it, and nobody
 * tries again; a failure that may pass ends nothing, and is tried again in its time, not with every call.
 */
import { atOnce, startAuthorizationServer } from "@castellan/credentials/testing";
import { expect, test } from "vitest";
import { textIn } from "../accounts/answers.ts";
import { openAccounts } from "../accounts/houses.ts";
import { startProtectedServer } from "../accounts/upstream/protected-server.ts";
import { last, outcome } from "../policy/approvals/scene.ts";

test("one refusal ends one link, and no storm begins", async () => {
  await using authorizationServer = await startAuthorizationServer();
  await using server = await startProtectedServer({ authorizationServer });
  await using other = await startProtectedServer({ authorizationServer });
  await using scene = await openAccounts({ replicas: 2 });
  await scene.add("notes", server);
  await scene.add("other", other);
  const [ada, bob] = [await scene.come("Ada"), await scene.come("Bob")];
  await scene.linkHere(bob, "notes");
  await scene.linkHere(ada, "other");
  authorizationServer.saidTtlSeconds = atOnce;
  await scene.linkHere(ada, "notes");
  authorizationServer.saidTtlSeconds = undefined;
  const [hers, his, elsewhere] = [await ada.door("notes"), await bob.door("notes"), await ada.door("other")];
  const refreshes = () =>
    authorizationServer.exchanges.filter(({ grantType }) => grantType === "refresh_token").length;
  const refused = (status: number, body: string) =>
    authorizationServer.instead.set("/token", (request, response) => {
      request.resume();
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    });

  // For now: told at once, tried once.
  refused(503, "{}");
  const asked = authorizationServer.asked("/token");
  const some = await Promise.all(
    Array.from({ length: 20 }, (_, n) => outcome(scene.call(hers, "notes_whoami", {}, { replica: n % 2 }))),
  );
  expect(new Set(some)).toEqual(new Set(["credentials_unavailable"]));
  expect(authorizationServer.asked("/token") - asked).toBeLessThanOrEqual(2);

  // For good.
  refused(400, '{"error":"invalid_grant"}');
  await expect
    .poll(() => outcome(scene.call(hers, "notes_whoami")), { timeout: 15_000, interval: 200 })
    .toBe("link_required");
  const tried = authorizationServer.asked("/token");
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, n) => outcome(scene.call(hers, "notes_whoami", {}, { replica: n % 2 }))),
  );
  expect(new Set(all)).toEqual(new Set(["link_required"]));
  expect(authorizationServer.asked("/token")).toBe(tried);
  authorizationServer.instead.clear();
  expect(textIn(await last(scene.call(his, "notes_whoami")))).toBe("bob");
  expect(textIn(await last(scene.call(elsewhere, "other_whoami")))).toBe("ada");
  expect(refreshes()).toBe(0);
  await scene.linkHere(ada, "notes");
  expect(textIn(await last(scene.call(hers, "notes_whoami")))).toBe("ada");
});
