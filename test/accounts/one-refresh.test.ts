/** Many calls at once find the token expired: one of them renews it, wherever they came in. */
import { atOnce, startAuthorizationServer, type AuthorizationServer } from "@castellan/credentials/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { last } from "../policy/approvals/scene.ts";
import { textIn } from "./answers.ts";
import { openAccounts, type HouseScene } from "./houses.ts";
import type { Visitor } from "./scene.ts";
import { startProtectedServer, type ProtectedServer } from "./upstream/protected-server.ts";

const opened = new AsyncDisposableStack();
let authorizationServer: AuthorizationServer;
let server: ProtectedServer;
let scene: HouseScene;
let ada: Visitor;
beforeAll(async () => {
  authorizationServer = opened.use(await startAuthorizationServer());
  server = opened.use(await startProtectedServer({ authorizationServer }));
  scene = opened.use(await openAccounts({ replicas: 2 }));
  ada = await scene.come("Ada");
  await scene.add("notes", server);
});
afterAll(() => opened.disposeAsync());

const calls = 200;

test.each([1, 2])("on %i of two replicas", async (replicas) => {
  const before = authorizationServer.grants("refresh_token");
  authorizationServer.saidTtlSeconds = atOnce;
  await scene.linkHere(ada, "notes");
  authorizationServer.saidTtlSeconds = undefined;
  const expired = server.visits.length;
  const door = await ada.door("notes");
  // None is answered before all are there.
  using gate = authorizationServer.hold("/token");
  const all = Array.from({ length: calls }, (_, n) =>
    last(scene.call(door, "notes_whoami", {}, { replica: n % replicas })),
  );
  await gate.arrived();
  gate.open();
  expect((await Promise.all(all)).map(textIn)).toEqual(Array.from({ length: calls }, () => "ada"));
  expect(authorizationServer.grants("refresh_token") - before).toBe(1);
  expect(gate.arrivals).toBe(1);
  // Nobody went with the old one first.
  const tokens = server.visits.slice(expired).filter(({ user }) => user === "ada");
  expect(new Set(tokens.map(({ token }) => token)).size).toBe(1);
});
