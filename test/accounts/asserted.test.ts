/**
 * Servers that believe this installation's word on who calls: by a token of ours, or by one that their authorization server
 * gives for it. Whoever checks does it by the published keys alone.
 */
import {
  atOnce,
  startAuthorizationServer,
  type AuthorizationServer,
  type AuthorizationServerOptions,
} from "@castellan/credentials/testing";
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from "jose";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { last, outcome } from "../policy/approvals/scene.ts";
import type { Door } from "../portal/client.ts";
import { textIn } from "./answers.ts";
import { openAccounts, type HouseScene } from "./houses.ts";
import type { Visitor } from "./scene.ts";
import { startProtectedServer, type ProtectedServer } from "./upstream/protected-server.ts";

let scene: HouseScene;
let ada: Visitor;
let bob: Visitor;
let issuer: string;
beforeAll(async () => {
  scene = await openAccounts();
  [ada, bob] = [await scene.come("Ada"), await scene.come("Bob")];
  issuer = `${scene.relay.url}/identity`;
  const { id } = await scene.api<{ id: string }>("POST", "/groups", { name: "finance" });
  await scene.api("PUT", `/groups/${id}/members/${ada.id}`);
  await scene.settle();
});
afterAll(() => scene?.[Symbol.asyncDispose]());

function own<T extends AsyncDisposable>(thing: T): T {
  onTestFinished(() => thing[Symbol.asyncDispose]());
  return thing;
}

const call = async (visitor: Visitor, slug: string, tool = "whoami", client?: string) =>
  last(scene.call(await visitor.door(slug, client), `${slug}_${tool}`, { text: "x" }));

/** Whom the company's servers know by what a token of ours says. */
const userOf = ({ sub, email }: JWTPayload): string | undefined => {
  if (sub === "house") return "svc";
  return typeof email === "string" ? email.replace(/@.*/, "") : sub;
};

async function program(slug: string): Promise<{ id: string; door: Door }> {
  const { id, secret } = await scene.api<{ id: string; secret: string }>("POST", "/tokens", {
    name: `program-${slug}`,
    role: "member",
    portals: [slug],
    allow: ["read", "write"],
  });
  await scene.settle();
  return { id, door: { url: `${scene.relay.url}/p/${slug}/mcp`, token: secret } };
}

describe("identity", () => {
  /** A server that knows no more of us than our address, and finds the keys by it. */
  async function serve(slug: string, auth: object = {}, audience?: string) {
    const { jwks_uri: keysAt } = (await (
      await fetch(`${issuer}/.well-known/openid-configuration`)
    ).json()) as { jwks_uri: string };
    const keys = createRemoteJWKSet(new URL(keysAt));
    const seen: JWTPayload[] = [];
    const refused: string[] = [];
    const check = async (token: string, at?: Date) => {
      const options = {
        issuer,
        audience: audience ?? server.url,
        typ: "JWT",
        ...(at && { currentDate: at }),
      };
      return (await jwtVerify(token, keys, options)).payload;
    };
    const server: ProtectedServer = own(
      await startProtectedServer({
        knows: async (token) => {
          const claims = await check(token).catch((error: unknown) => void refused.push(String(error)));
          if (!claims) return undefined;
          seen.push(claims);
          return userOf(claims);
        },
      }),
    );
    await scene.add(slug, server, { fields: { auth: { kind: "identity", ...auth } }, sharedAs: null });
    return { server, seen, refused, check };
  }
  const ofTool = (seen: readonly JWTPayload[]) => seen.filter(({ method }) => method === "tools/call");

  test("says who calls, by which client and what, to one server for a minute", async () => {
    const { server, seen, check } = await serve("who", { groups: true });
    expect(textIn(await call(ada, "who"))).toBe("ada");
    expect(textIn(await call(bob, "who", "note_add", "Other"))).toBe("bob has 1");
    const [hers, his] = ofTool(seen);
    const { iat = 0, exp = 0, jti, act, ...said } = hers ?? {};
    expect(said).toEqual({
      iss: issuer,
      sub: ada.id,
      aud: server.url,
      name: "Ada",
      email: "ada@example.com",
      groups: ["finance"],
      portal: "who",
      method: "tools/call",
      tool: "whoami",
    });
    expect([exp - iat, typeof jti]).toEqual([60, "string"]);
    expect(his).toMatchObject({ sub: bob.id, groups: [], tool: "note_add" });
    expect(his?.["act"]).not.toEqual(act);
    // Each request has one of its own, and lists are read in nobody's name.
    const ids = seen.map((claims) => claims.jti);
    expect(new Set(ids).size).toBe(ids.length);
    expect(seen.find(({ method }) => method === "tools/list")).toMatchObject({ sub: "house" });

    // It is over after its minute, and good nowhere else.
    const token = server.visits.findLast(
      ({ user, method }) => user === "ada" && method === "tools/call",
    )?.token;
    await expect(check(token ?? "", new Date((exp + 1) * 1000))).rejects.toMatchObject({
      code: "ERR_JWT_EXPIRED",
    });
    const other = await serve("elsewhere");
    const answer = await fetch(other.server.url, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: "{}",
    });
    expect([answer.status, other.refused.at(-1)]).toEqual([401, expect.stringContaining('unexpected "aud"')]);
  });

  test("names the audience that an admin said, and no groups unless they are wanted", async () => {
    const { seen } = await serve("named", { audience: "urn:company:crm" }, "urn:company:crm");
    expect(textIn(await call(ada, "named"))).toBe("ada");
    const [hers] = ofTool(seen);
    expect([hers?.aud, "groups" in (hers ?? {})]).toEqual(["urn:company:crm", false]);
  });

  test("names a program by its id, and nobody where a server believes somebody else", async () => {
    const { seen } = await serve("robots");
    const { id, door } = await program("robots");
    expect(textIn(await last(scene.call(door, "robots_whoami")))).toBe(id);
    expect(ofTool(seen)[0]).toMatchObject({ sub: id, name: "program-robots" });
    expect([ofTool(seen)[0]?.["act"], ofTool(seen)[0]?.["email"]]).toEqual([undefined, undefined]);
    // The server's own refusal is told, and nobody is asked to sign in.
    await scene.api("PATCH", "/servers/robots", { auth: { kind: "identity", audience: "urn:other" } });
    await scene.settle();
    expect(await outcome(scene.call(await ada.door("robots"), "robots_whoami"))).toBe(
      "upstream_unauthorized",
    );
  });
});

const exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
const bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

describe.each([
  { kind: "token_exchange", grant: exchange },
  { kind: "id_jag", grant: bearer },
] as const)("$kind", ({ kind, grant }) => {
  const slug = kind.replace("_", "");

  async function serve(users: ReadonlySet<string>, more: AuthorizationServerOptions = {}) {
    const trusts = {
      issuer,
      jwksUri: `${issuer}/jwks.json`,
      userOf: (claims: JWTPayload) => {
        const user = userOf(claims);
        return user !== undefined && users.has(user) ? user : undefined;
      },
    };
    const authorizationServer: AuthorizationServer = own(
      await startAuthorizationServer({ hasRegistration: false, trusts, ...more }),
    );
    authorizationServer.register({ id: "castellan", secret: "s3cret", grantTypes: [grant] });
    const server = own(await startProtectedServer({ authorizationServer }));
    return { authorizationServer, server };
  }

  test("each caller has a token of their own, got for our word, and a new one when it is over", async () => {
    const { authorizationServer, server } = await serve(new Set(["svc", "ada"]));
    const { issuer: trusting } = authorizationServer;
    const auth = { kind, issuer: trusting, client: { id: "castellan" }, groups: true };
    const fields = { auth, authSecrets: { clientSecret: "s3cret" } };
    await scene.add(slug, server, { fields, sharedAs: null });

    authorizationServer.saidTtlSeconds = atOnce;
    expect(textIn(await call(ada, slug))).toBe("ada");
    authorizationServer.saidTtlSeconds = undefined;
    // It is over: all of them wait for one.
    const before = authorizationServer.grants(grant);
    const at = await Promise.all(Array.from({ length: 20 }, () => call(ada, slug)));
    expect(at.map(textIn)).toEqual(Array.from({ length: 20 }, () => "ada"));
    const ofAda = authorizationServer.taken.filter(({ sub }) => sub === ada.id);
    expect(authorizationServer.grants(grant) - before).toBe(1);
    const isJag = kind === "id_jag";
    const { iat = 0, exp = 0, jti, act, ...said } = ofAda.at(-1) ?? {};
    expect(said).toEqual({
      iss: issuer,
      sub: ada.id,
      aud: trusting,
      name: "Ada",
      email: "ada@example.com",
      groups: ["finance"],
      ...(isJag && { client_id: "castellan", resource: server.url, scope: "read write" }),
    });
    expect([exp - iat, typeof jti, typeof act]).toEqual([isJag ? 300 : 60, "string", "object"]);

    // Whom the authorization server does not know is told so, and nobody else's token serves them.
    const refused = await call(bob, slug);
    expect([refused["error"]?.data.code, refused["error"]?.data.url]).toEqual([
      "identity_refused",
      undefined,
    ]);
    expect(server.visits.filter(({ user }) => user !== "svc" && user !== "ada")).toEqual([]);
    expect(server.strangers).toEqual([]);
  });

  test("an authorization server that does not know our client is no person's business", async () => {
    const { authorizationServer, server } = await serve(new Set(["svc", "ada"]));
    const auth = { kind, issuer: authorizationServer.issuer, client: { id: "castellan" } };
    const fields = { auth, authSecrets: { clientSecret: "s3cret" } };
    await scene.add(`${slug}x`, server, { fields, sharedAs: null });
    authorizationServer.forgetClients();
    expect((await call(ada, `${slug}x`))["error"]?.data.code).toBe("upstream_client_refused");
  });
});
