/**
 * Authorization servers as they are out there, each with a server that trusts it and nobody else: a person is asked to link,
 * does so, and their calls run as they are there; what expires is renewed, or asked for.
 */
import {
  atOnce,
  startAuthorizationServer,
  type AuthorizationServer,
  type AuthorizationServerOptions,
} from "@castellan/credentials/testing";
import { exportJWK, exportPKCS8, generateKeyPair } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Loose } from "../portal/client.ts";
import { last, outcome } from "../policy/approvals/scene.ts";
import { pageIn, textIn } from "./answers.ts";
import { openAccounts, type HouseScene } from "./houses.ts";
import type { ServerSettings, Visitor } from "./scene.ts";
import {
  startProtectedServer,
  type ProtectedServer,
  type ProtectedServerOptions,
} from "./upstream/protected-server.ts";

let scene: HouseScene;
let ada: Visitor;
beforeAll(async () => {
  scene = await openAccounts();
  ada = await scene.come("Ada");
});
afterAll(() => scene?.[Symbol.asyncDispose]());

interface Variety {
  readonly authorization?: AuthorizationServerOptions;
  readonly server?: Omit<ProtectedServerOptions, "authorizationServer">;
  readonly settings?: (authorizationServer: AuthorizationServer) => ServerSettings | Promise<ServerSettings>;
}

interface Place extends AsyncDisposable {
  readonly authorizationServer: AuthorizationServer;
  readonly server: ProtectedServer;
}

async function open(slug: string, { authorization, server, settings }: Variety): Promise<Place> {
  await using opened = new AsyncDisposableStack();
  const authorizationServer = opened.use(await startAuthorizationServer(authorization));
  const made = opened.use(await startProtectedServer({ ...server, authorizationServer }));
  await scene.add(slug, made, await settings?.(authorizationServer));
  const owned = opened.move();
  return { authorizationServer, server: made, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const say = async (slug: string, tool = "whoami", args = {}) =>
  last(scene.call(await ada.door(slug), `${slug}_${tool}`, args));

/** A client that was registered by hand shows itself in this way. */
function byHand(
  client: { readonly authMethod?: "client_secret_basic" | "client_secret_post" | "private_key_jwt" | "none" },
  more: { readonly keys?: Loose[]; readonly secret?: string; readonly authSecrets?: object } = {},
): Variety {
  return {
    authorization: { hasRegistration: false },
    settings: (authorizationServer) => ({
      fields: {
        auth: {
          kind: "own_account",
          issuer: authorizationServer.issuer,
          client: { id: "by-hand", ...client },
        },
        ...(more.authSecrets && { authSecrets: more.authSecrets }),
      },
      registered: ({ redirectUri }) => {
        authorizationServer.register({
          id: "by-hand",
          ...client,
          ...(more.secret !== undefined && { secret: more.secret }),
          ...(more.keys && { keys: more.keys }),
          redirectUris: [redirectUri],
        });
      },
    }),
  };
}

const keyPair = await generateKeyPair("ES256", { extractable: true });
const secret = "a-secret-that-an-admin-was-given";
const own = { authSecrets: { clientSecret: secret }, secret };

const varieties: Readonly<Record<string, Variety>> = {
  "registration of our own": {},
  "a client by hand, secret in the header": byHand({ authMethod: "client_secret_basic" }, own),
  "a client by hand, secret in the body": byHand({ authMethod: "client_secret_post" }, own),
  "a client by hand without a secret": byHand({ authMethod: "none" }),
  "a client by hand with a key": byHand(
    { authMethod: "private_key_jwt" },
    {
      keys: [{ ...(await exportJWK(keyPair.publicKey)), alg: "ES256" }],
      authSecrets: { privateKey: await exportPKCS8(keyPair.privateKey) },
    },
  ),
  "no refresh tokens": { authorization: { refreshTokens: "none" } },
  "refresh tokens that stay": { authorization: { refreshTokens: "steady" } },
  "refresh tokens for offline access only": { authorization: { refreshTokens: "offline" } },
  "no iss": { authorization: { iss: "absent" } },
  "no resource": {
    authorization: { resource: "refused" },
    server: { checksAudience: false },
    settings: () => ({ fields: { auth: { kind: "own_account", resource: "omit" } } }),
  },
  "resource is a must": { authorization: { resource: "required" } },
  "metadata at the well-known place only": { server: { metadata: "well_known" } },
  "a legacy server": { server: { era: "legacy" } },
};

describe("each kind of authorization server", () => {
  test.each(Object.entries(varieties))("%s", async (name, variety) => {
    const slug = `v${Object.keys(varieties).indexOf(name)}`;
    await using place = await open(slug, variety);
    const { authorizationServer, server } = place;
    // What was asked before is the admin's.
    const before = authorizationServer.exchanges.length;

    const asked = await say(slug);
    expect(asked["error"]).toMatchObject({ data: { code: "link_required" } });
    expect(server.visits.filter(({ user }) => user !== "svc")).toEqual([]);
    authorizationServer.saidTtlSeconds = atOnce;
    const done = await scene.link(ada, pageIn(asked), "ada");
    expect([done.status, done.text.split("\n")[0]]).toEqual([200, `Linked: ${slug}`]);
    authorizationServer.saidTtlSeconds = undefined;

    // The token is over already.
    const isRenewable = variety.authorization?.refreshTokens !== "none";
    if (isRenewable) expect(textIn(await say(slug))).toBe("ada");
    else {
      const again = await say(slug);
      expect(again["error"]).toMatchObject({ data: { code: "link_required", reason: "needs_sign_in" } });
      await scene.link(ada, pageIn(again), "ada");
      expect(textIn(await say(slug))).toBe("ada");
    }
    expect(textIn(await say(slug, "note_add", { text: "one" }))).toBe("ada has 1");
    expect(server.notesOf("ada")).toEqual(["one"]);
    expect(server.notesOf("svc")).toEqual([]);

    const since = authorizationServer.exchanges.slice(before);
    const grants = since.filter(({ path, status }) => path === "/token" && status === 200);
    expect(grants.map(({ grantType }) => grantType)).toEqual(
      isRenewable ? ["authorization_code", "refresh_token"] : ["authorization_code", "authorization_code"],
    );
    const isSent = variety.authorization?.resource !== "refused";
    expect(new Set(grants.map(({ resource }) => resource))).toEqual(
      new Set([isSent ? server.url : undefined]),
    );
    // Our own registration serves everybody, and nobody else's client needed one.
    expect(authorizationServer.asked("/reg")).toBe(variety.authorization?.hasRegistration === false ? 0 : 1);

    // Unlinked: the tokens are taken back, and the next call asks.
    await scene.unlink(ada, slug);
    await expect.poll(() => authorizationServer.asked("/token/revocation")).toBeGreaterThan(0);
    expect(await outcome(scene.call(await ada.door(slug), `${slug}_whoami`))).toBe("link_required");
    const last = server.visits.findLast(({ user }) => user === "ada")?.token ?? "";
    await expect.poll(() => authorizationServer.factsOf(last)).toBeUndefined();
  });
});

test("a client that is described by a document of ours", async () => {
  // Documents are for public addresses with TLS only: this is what DNS and a proxy would do.
  const publicUrl = "https://castellan.example";
  await using mapped = await openAccounts({ publicUrl });
  await using authorizationServer = await startAuthorizationServer({
    hasRegistration: false,
    readClientDocument: (url) => fetch(url),
  });
  await using server = await startProtectedServer({ authorizationServer });
  await mapped.add("notes", server);
  const person = await mapped.come("Ada");
  const done = await mapped.linkHere(person, "notes");
  expect(done.text).toContain("Linked");
  expect(textIn(await last(mapped.call(await person.door("notes"), "notes_whoami")))).toBe("ada");
  const clients = new Set(authorizationServer.exchanges.flatMap(({ clientId }) => clientId ?? []));
  expect([...clients]).toEqual([
    expect.stringMatching(/^https:\/\/castellan\.example\/links\/client\/\w+\.json$/),
  ]);
});

test("more scopes are asked for when they are needed, and what was granted stays", async () => {
  await using place = await open("steps", { server: { firstScope: "read", needs: { note_add: "write" } } });
  const { authorizationServer, server } = place;
  await scene.linkHere(ada, "steps");
  expect(textIn(await say("steps"))).toBe("ada");
  const asked = await say("steps", "note_add", { text: "one" });
  expect(asked["error"]).toMatchObject({
    data: { code: "link_required", reason: "scope", scopes: ["write"] },
  });
  expect(server.notesOf("ada")).toEqual([]);
  await scene.link(ada, pageIn(asked), "ada");
  expect(textIn(await say("steps", "note_add", { text: "one" }))).toBe("ada has 1");
  expect(textIn(await say("steps"))).toBe("ada");
  const scopes = authorizationServer.exchanges
    .filter(({ path }) => path === "/auth")
    .map(({ scope }) => scope);
  expect(scopes.map((scope) => scope?.split(" ").toSorted())).toEqual([
    ["read"],
    ["read"],
    ["read", "write"],
  ]);
});

test("a server that wants a scope which nobody is granted is told as what it is, and asks nobody in circles", async () => {
  await using place = await open("circle", { server: { firstScope: "read", needs: { note_add: "write" } } });
  place.authorizationServer.withheld.add("write");
  await scene.linkHere(ada, "circle");
  const asked = await say("circle", "note_add", { text: "one" });
  await scene.link(ada, pageIn(asked), "ada");
  const again = await say("circle", "note_add", { text: "one" });
  expect(again["error"].data.code).not.toBe("link_required");
  expect(place.server.refusals.filter(({ status, user }) => status === 403 && user === "ada").length).toBe(2);
});

test("an answer that names another authorization server is taken nowhere", async () => {
  await using authorizationServer = await startAuthorizationServer({
    iss: { wrong: "https://evil.example" },
  });
  await using server = await startProtectedServer({ authorizationServer });
  await scene.add("mixed", server, { sharedAs: null });
  authorizationServer.users.add("svc");
  const { url } = await scene.admin.api<{ url: string }>("POST", "/servers/mixed/login");
  const done = await scene.link(scene.admin, url, "svc");
  expect(done.status).toBe(502);
  expect(done.text).toContain("Nothing was linked");
  expect(authorizationServer.asked("/token")).toBe(0);
  const { items } = await scene.api<{ items: Loose[] }>("GET", "/servers/mixed/accounts");
  expect(items).toEqual([]);
});

test("calls wait for a slow token endpoint, all for one answer", async () => {
  await using place = await open("slow", {});
  const { authorizationServer } = place;
  authorizationServer.saidTtlSeconds = atOnce;
  await scene.linkHere(ada, "slow");
  authorizationServer.saidTtlSeconds = undefined;
  using gate = authorizationServer.hold("/token");
  const calls = Array.from({ length: 5 }, () => say("slow"));
  await gate.arrived();
  gate.open();
  expect((await Promise.all(calls)).map(textIn)).toEqual(Array.from({ length: 5 }, () => "ada"));
  expect(authorizationServer.grants("refresh_token")).toBe(1);
});

test("whoever says no there is told so, and can still say yes", async () => {
  await using place = await open("no", {});
  const asked = await say("no");
  const refused = await scene.link(ada, pageIn(asked), undefined);
  expect(refused.text).toContain("You did not allow it there");
  expect(place.authorizationServer.grants("authorization_code")).toBe(1);
  const done = await scene.link(ada, pageIn(asked), "ada");
  expect(done.text).toContain("Linked");
});
