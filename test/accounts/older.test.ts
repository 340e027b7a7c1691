/**
 * Servers as they were, and as they are in bigger houses: an authorization server below a path, one that is the MCP server
 * itself (MCP 2025-03-26), with metadata and without, and a server that speaks HTTP+SSE (2024-11-05).
 */
import { request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import { startAuthorizationServer } from "@castellan/credentials/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startRawSse } from "../fixtures/raw-sse.ts";
import { last, outcome } from "../policy/approvals/scene.ts";
import { pageIn, textIn } from "./answers.ts";
import { openAccounts, type HouseScene } from "./houses.ts";
import type { Visitor } from "./scene.ts";
import { startProtectedServer } from "./upstream/protected-server.ts";

let scene: HouseScene;
let ada: Visitor;
let bob: Visitor;
beforeAll(async () => {
  scene = await openAccounts();
  [ada, bob] = [await scene.come("Ada"), await scene.come("Bob")];
});
afterAll(() => scene?.[Symbol.asyncDispose]());

function own<T extends AsyncDisposable>(thing: T): T {
  onTestFinished(() => thing[Symbol.asyncDispose]());
  return thing;
}

const whoami = async (visitor: Visitor, slug: string) =>
  last(scene.call(await visitor.door(slug), `${slug}_whoami`));

async function expectLinked(slug: string): Promise<void> {
  for (const [visitor, user] of [
    [ada, "ada"],
    [bob, "bob"],
  ] as const) {
    const done = await scene.link(visitor, pageIn(await whoami(visitor, slug)), user);
    expect([done.status, done.text.split("\n")[0]]).toEqual([200, `Linked: ${slug}`]);
  }
  expect([textIn(await whoami(ada, slug)), textIn(await whoami(bob, slug))]).toEqual(["ada", "bob"]);
}

test("an issuer with a path is called by its whole name, and looked for where that leads", async () => {
  const authorizationServer = own(await startAuthorizationServer({ path: "/tenants/acme" }));
  const server = own(await startProtectedServer({ authorizationServer }));
  await scene.add("tenant", server);
  await expectLinked("tenant");
  expect(new URL(authorizationServer.issuer).pathname).toBe("/tenants/acme");
  // By RFC 8414 first; the document of the root, if there is one, is another issuer's.
  expect(authorizationServer.asked("/.well-known/oauth-authorization-server/tenants/acme")).toBeGreaterThan(
    0,
  );
  expect(authorizationServer.asked("/.well-known/oauth-authorization-server")).toBe(0);
  const { items } = await scene.api<{ items: { issuer: string }[] }>("GET", "/servers/tenant/accounts");
  expect(new Set(items.map(({ issuer }) => issuer))).toEqual(new Set([authorizationServer.issuer]));
});

/** A server of 2025-03-26 that is its own authorization server: both at one address. */
async function startOlder() {
  const authorizationServer = own(await startAuthorizationServer());
  const { issuer, instead } = authorizationServer;
  const url = `${issuer}/mcp`;
  const server = own(
    await startProtectedServer({
      authorizationServer,
      era: "legacy",
      metadata: "none",
      firstScope: "read",
      resourceOf: () => url,
    }),
  );
  instead.set("/mcp", passTo(new URL(server.url).origin));
  return { authorizationServer, server, url };
}

/** Passes requests on to the same path elsewhere, or to that one. */
function passTo(origin: string, path?: string): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const { pathname, search } = new URL(request.url ?? "", origin);
    const passed = forward(
      origin + (path ?? pathname) + search,
      { method: request.method, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    response.once("close", () => passed.destroy());
    passed.once("error", () => response.destroy());
    request.pipe(passed);
  };
}

test("a server of 2025-03-26 is its own authorization server, by the metadata at its origin", async () => {
  const { authorizationServer, url } = await startOlder();
  await scene.add("older", { url, authorizationServer });
  const { state } = await scene.api<{ state: { status: string } }>("GET", "/servers/older");
  expect(state.status).toBe("ready");
  await expectLinked("older");
});

test("one without metadata is found at the old addresses, where an admin says that people have accounts there", async () => {
  const { authorizationServer, url } = await startOlder();
  const { issuer, instead } = authorizationServer;
  const nothing = (_: IncomingMessage, response: ServerResponse) => response.writeHead(404).end();
  for (const name of ["oauth-authorization-server", "openid-configuration"])
    instead.set(`/.well-known/${name}`, nothing);
  instead.set("/authorize", passTo(issuer, "/auth"));
  instead.set("/register", passTo(issuer, "/reg"));
  await scene.add("oldest", { url, authorizationServer }, { fields: { auth: { kind: "own_account" } } });
  await expectLinked("oldest");
  expect(["/authorize", "/token", "/register"].map((path) => authorizationServer.asked(path) > 0)).toEqual([
    true,
    true,
    true,
  ]);
});

const whoamiTool = {
  name: "whoami",
  inputSchema: { type: "object" },
  annotations: { readOnlyHint: true },
};

test("over HTTP+SSE each person has a stream of their own, and what ends their account ends it", async () => {
  const authorizationServer = own(await startAuthorizationServer());
  const users = new Map<string, Set<string>>();
  const userOf = async (authorization: string | undefined) =>
    (await authorizationServer.factsOf(authorization?.replace(/^Bearer /, "") ?? ""))?.user;
  const server = own(
    await startRawSse({
      capabilities: '{"tools":{}}',
      script: {
        "tools/list": () => JSON.stringify({ tools: [whoamiTool] }),
        "tools/call": async (_, { request }) => {
          const text = await userOf(request.headers.authorization);
          return JSON.stringify({ content: [{ type: "text", text }] });
        },
      },
      intercept: async ({ request, response }) => {
        const { pathname, searchParams } = new URL(request.path, server.url);
        const metadata = "/.well-known/oauth-protected-resource/sse";
        if (pathname === metadata) {
          const body = {
            resource: server.url,
            authorization_servers: [authorizationServer.issuer],
            scopes_supported: ["read"],
          };
          response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
          return true;
        }
        const user = await userOf(request.headers.authorization);
        const session = searchParams.get("sessionId");
        if (user === undefined) {
          const told = `Bearer resource_metadata="${new URL(metadata, server.url).href}"`;
          response.writeHead(401, { "www-authenticate": told }).end();
        } else if (session !== null) users.set(session, new Set([...(users.get(session) ?? []), user]));
        return user === undefined;
      },
    }),
  );
  await scene.add("sse", { url: server.url, authorizationServer });
  await expectLinked("sse");
  const many = await Promise.all(
    Array.from({ length: 10 }, (_, n) => whoami(n % 2 === 0 ? ada : bob, "sse")),
  );
  expect(many.map(textIn)).toEqual(many.map((_, n) => (n % 2 === 0 ? "ada" : "bob")));
  expect([...users.values()].filter(({ size }) => size > 1)).toEqual([]);
  expect(new Set([...users.values()].flatMap((one) => [...one]))).toEqual(new Set(["svc", "ada", "bob"]));

  await scene.unlink(ada, "sse");
  const ofAda = new Set([...users].flatMap(([session, one]) => (one.has("ada") ? [session] : [])));
  await expect.poll(() => server.sessions.filter((session) => ofAda.has(session))).toEqual([]);
  expect(await outcome(scene.call(await ada.door("sse"), "sse_whoami"))).toBe("link_required");
  expect(textIn(await whoami(bob, "sse"))).toBe("bob");
});
