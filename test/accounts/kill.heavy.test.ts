/**
 * `kill -9` after an authorization server has given new tokens and before anybody has kept them. Where the old refresh token
 * is still good the link lives on; where it was good once its person is asked. No call ever fails without saying so.
 */
import { randomBytes } from "node:crypto";
import { createToken } from "@castellan/access";
import { atOnce, startAuthorizationServer } from "@castellan/credentials/testing";
import { createTestDatabase } from "@castellan/database/testing";
import { expect, test } from "vitest";
import { startCastellan } from "../heavy/process/castellan.ts";
import { createHome } from "../heavy/process/home.ts";
import { eventually } from "../heavy/process/proc.ts";
import { last } from "../policy/approvals/scene.ts";
import { pageIn, textIn } from "./answers.ts";
import { createScene } from "./scene.ts";
import { startProtectedServer } from "./upstream/protected-server.ts";

/** Somebody has the lease of a refresh for half a minute. */
const leaseMs = 60_000;

test.each([
  { refreshTokens: "steady", code: undefined },
  { refreshTokens: "rotating", code: "link_required" },
] as const)("$refreshTokens refresh tokens: $code", { timeout: 180_000 }, async ({ refreshTokens, code }) => {
  await using opened = new AsyncDisposableStack();
  const authorizationServer = opened.use(await startAuthorizationServer({ refreshTokens }));
  const server = opened.use(await startProtectedServer({ authorizationServer }));
  const home = opened.use(createHome());
  const database = opened.use(await createTestDatabase());
  const { host, port, user, database: name } = database.connection;
  const env = {
    DATABASE_URL: `postgres://${user}@localhost:${port}/${name}?host=${encodeURIComponent(host)}`,
    CASTELLAN_MASTER_KEY: randomBytes(32).toString("base64"),
  };
  const first = opened.use(await startCastellan({ home, env }));
  const { url } = first;
  const owner = await createToken(
    database,
    { name: "owner", role: "owner", portals: [], createdBy: "test" },
    Date.now(),
  );
  const scene = await createScene({ entry: url, publicUrl: url, sockets: [url], ownerToken: owner.secret });
  const ada = await scene.come("Ada");
  await scene.add("notes", server);
  authorizationServer.saidTtlSeconds = atOnce;
  await scene.linkHere(ada, "notes");
  authorizationServer.saidTtlSeconds = undefined;
  const door = await ada.door("notes");
  const call = async () => last(scene.call(door, "notes_whoami"));

  using gate = authorizationServer.hold("/token", "answer");
  const cut = call().catch((error: unknown) => error);
  await gate.arrived();
  expect(authorizationServer.grants("refresh_token")).toBe(1);
  first.kill("SIGKILL");
  await first.ended;
  await cut;
  gate.open();

  opened.use(await startCastellan({ home, env: { ...env, CASTELLAN_PORT: new URL(url).port } }));
  // While the dead one's lease lasts it is told that it is so.
  const said = await eventually(
    call,
    ({ error }) => {
      if (error?.data.code === "credentials_unavailable") return false;
      return true;
    },
    { withinMs: leaseMs, everyMs: 500 },
  );
  expect(said["error"]?.data.code).toBe(code);
  if (code !== undefined) await scene.link(ada, pageIn(said), "ada");
  expect(textIn(await call())).toBe("ada");
  const { items } = await ada.api<{ items: object[] }>("GET", "/me/accounts");
  expect(items).toMatchObject([{ server: "notes", state: "linked" }]);
});
