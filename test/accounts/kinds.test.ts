/**
 * Servers that want no account of each person: something that an admin gave for all, a sign-in of an admin, a token of the
 * installation's own, or a key of each person.
 */
import { atOnce, startAuthorizationServer } from "@castellan/credentials/testing";
import { startReceiver } from "@castellan/notices/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { last, outcome } from "../policy/approvals/scene.ts";
import type { Door, Loose } from "../portal/client.ts";
import { formTo, pageIn, textIn } from "./answers.ts";
import { openAccounts, type HouseScene } from "./houses.ts";
import type { Visitor } from "./scene.ts";
import { startProtectedServer, type ProtectedServerOptions } from "./upstream/protected-server.ts";

let scene: HouseScene;
let [ada, bob]: Visitor[] = [];
beforeAll(async () => {
  scene = await openAccounts();
  [ada, bob] = [await scene.come("Ada"), await scene.come("Bob")];
});
afterAll(() => scene?.[Symbol.asyncDispose]());

function own<T extends AsyncDisposable>(thing: T): T {
  onTestFinished(() => thing[Symbol.asyncDispose]());
  return thing;
}

const serve = async (options: ProtectedServerOptions = {}) => own(await startProtectedServer(options));
const whoami = (slug: string, door: Door) => scene.call(door, `${slug}_whoami`);
const as = async (visitor: Visitor | undefined, slug: string) => {
  if (!visitor) throw new Error("Nobody has come yet");
  return whoami(slug, await visitor.door(slug));
};
const said = async (visitor: Visitor | undefined, slug: string) => textIn(await last(as(visitor, slug)));

/** A program's way in to the portal. */
async function program(slug: string): Promise<Door> {
  const { secret } = await scene.api<{ secret: string }>("POST", "/tokens", {
    name: `program-${slug}`,
    role: "member",
    portals: [slug],
    allow: ["read", "write"],
  });
  await scene.settle();
  return { url: `${scene.relay.url}/p/${slug}/mcp`, token: secret };
}

const attentionOf = async (slug: string): Promise<Loose[]> => {
  const { state } = await scene.api<Loose>("GET", `/servers/${slug}`);
  return state.attention.map(({ code }: Loose) => code);
};

describe("what an admin gave for all", () => {
  test.each([
    {
      slug: "bearer",
      auth: { kind: "bearer" },
      secrets: (token: string) => ({ token }),
      place: { header: "authorization", prefix: "Bearer " },
      value: (secret: string) => secret,
    },
    {
      slug: "basic",
      auth: { kind: "basic", username: "jürgen" },
      secrets: (password: string) => ({ password }),
      place: { header: "authorization", prefix: "Basic " },
      value: (secret: string) => Buffer.from(`jürgen:${secret}`).toString("base64"),
    },
  ])("$slug: goes along for everybody, is never shown, and another one goes along at once", async (kind) => {
    const { slug, auth, place } = kind;
    let good = kind.value("the-first:one");
    const server = await serve({ place, knows: (token) => (token === good ? "company" : undefined) });
    const fields = { auth, authSecrets: kind.secrets("the-first:one") };
    await scene.add(slug, server, { fields, sharedAs: null });
    const door = await program(slug);
    expect([await said(ada, slug), await said(bob, slug), textIn(await last(whoami(slug, door)))]).toEqual([
      "company",
      "company",
      "company",
    ]);
    expect(JSON.stringify(await scene.api("GET", `/servers/${slug}`))).not.toContain("the-first");

    // The server wants another one: nobody is asked to sign in, an admin is told.
    good = kind.value("the-second");
    expect(await outcome(as(ada, slug))).toBe("upstream_unauthorized");
    await scene.api("PATCH", `/servers/${slug}`, { authSecrets: kind.secrets("the-second") });
    await scene.settle();
    expect(await said(ada, slug)).toBe("company");
  });
});

test("client_credentials: the installation gets its own token, once for all, and a new one when that is refused", async () => {
  const authorizationServer = own(await startAuthorizationServer({ hasRegistration: false }));
  authorizationServer.register({ id: "house", secret: "s3cret", grantTypes: ["client_credentials"] });
  const server = await serve({ authorizationServer });
  const auth = {
    kind: "client_credentials",
    issuer: authorizationServer.issuer,
    client: { id: "house" },
    scopes: ["read"],
  };
  const authSecrets = { clientSecret: "s3cret" };
  authorizationServer.saidTtlSeconds = atOnce;
  await scene.add("machine", server, { fields: { auth, authSecrets }, sharedAs: null });
  authorizationServer.saidTtlSeconds = undefined;
  const before = authorizationServer.grants("client_credentials");
  const door = await program("machine");
  // What the lists were read with is over.
  const since = server.visits.length;
  const calls = [ada, bob, ada, bob].map((one) => as(one, "machine"));
  const answers = await Promise.all([...calls, whoami("machine", door)].map((call) => last(call)));
  expect(answers.map(textIn)).toEqual(answers.map(() => "house"));
  expect(authorizationServer.grants("client_credentials") - before).toBe(1);
  expect(new Set(server.visits.slice(since).map(({ token }) => token)).size).toBe(1);
  expect(authorizationServer.exchanges.findLast(({ path }) => path === "/token")).toMatchObject({
    authMethod: "basic",
    scope: "read",
    resource: server.url,
  });

  // A token that was just given and is refused already: another one would be, too.
  authorizationServer.forgetAccessTokens();
  expect(await outcome(as(ada, "machine"))).toBe("upstream_unauthorized");
  expect(authorizationServer.grants("client_credentials") - before).toBe(1);

  // Another secret: nothing that was got with the old one is used.
  await scene.api("PATCH", "/servers/machine", { authSecrets: { clientSecret: "another" } });
  await scene.settle();
  expect(await outcome(as(ada, "machine"))).toBe("upstream_client_refused");
});

test("shared_account: an admin signs in for people and programs, and is told once when that ends", async () => {
  const receiver = own(await startReceiver());
  await scene.api("POST", "/webhooks", {
    name: "ops",
    url: receiver.url,
    kinds: ["credential.failed"],
    allowPrivate: ["127.0.0.1"],
  });
  const authorizationServer = own(await startAuthorizationServer());
  const server = await serve({ authorizationServer });
  await scene.add("crm", server, { fields: { auth: { kind: "shared_account" } } });
  const door = await program("crm");
  expect([await said(ada, "crm"), await said(bob, "crm"), textIn(await last(whoami("crm", door)))]).toEqual([
    "svc",
    "svc",
    "svc",
  ]);

  // The sign-in is ended there. Nobody who calls is sent anywhere: it is not theirs.
  authorizationServer.forgetGrants();
  await scene.age(3600);
  const outcomes = await Promise.all([ada, bob, ada].map((one) => outcome(as(one, "crm"))));
  expect(outcomes).toEqual(outcomes.map(() => "credentials_missing"));
  const refused = await last(whoami("crm", door));
  expect([refused["error"].data.code, refused["error"].data.url]).toEqual(["credentials_missing", undefined]);
  await expect.poll(() => receiver.deliveries.length, { timeout: 10_000 }).toBe(1);
  expect(JSON.parse(receiver.deliveries[0]?.body ?? "")).toMatchObject({
    type: "credential.failed",
    data: { server: "crm", account: { state: "needs_sign_in" } },
  });
  expect(await attentionOf("crm")).toEqual(["credentials_missing"]);

  const { url } = await scene.admin.api<{ url: string }>("POST", "/servers/crm/login");
  await scene.link(scene.admin, url, "svc");
  expect(await said(ada, "crm")).toBe("svc");
  await expect.poll(() => attentionOf("crm")).toEqual([]);
  expect(receiver.deliveries.length).toBe(1);
});

test("own_account with the admin's sign-in for programs: people still have their own", async () => {
  const authorizationServer = own(await startAuthorizationServer());
  const server = await serve({ authorizationServer });
  await scene.add("desk", server, { fields: { auth: { kind: "own_account", programs: "shared" } } });
  expect(textIn(await last(whoami("desk", await program("desk"))))).toBe("svc");
  expect(await outcome(as(ada, "desk"))).toBe("link_required");
  if (ada) await scene.linkHere(ada, "desk");
  expect(await said(ada, "desk")).toBe("ada");
  expect(server.notesOf("svc")).toEqual([]);
});

test.each([
  { slug: "keys", header: "authorization", prefix: "Bearer ", fields: {} },
  {
    slug: "xkeys",
    header: "x-api-key",
    prefix: "",
    fields: { header: "x-api-key", hint: "Under Settings." },
  },
])(
  "own_key in $header: entered on the page, wrong, replaced, taken away",
  async ({ slug, fields, ...place }) => {
    const keys = new Map([
      ["key-of-ada", "ada"],
      ["key-of-bob", "bob"],
      ["key-of-house", "house"],
    ]);
    const server = await serve({ place, knows: (key) => keys.get(key) });
    await scene.add(slug, server, {
      fields: { auth: { kind: "own_key", ...fields }, authSecrets: { token: "key-of-house" } },
      sharedAs: null,
    });
    if (!ada || !bob) return;
    const enter = async (visitor: Visitor, page: string, key: string) => {
      const shown = await visitor.browser.open(page);
      const done = await visitor.browser.send(formTo(shown, "key"), { key });
      await scene.settle();
      return { asked: shown, done };
    };
    const first = pageIn(await last(as(ada, slug)));
    const { asked, done } = await enter(ada, first, "key-of-adA");
    if (slug === "xkeys") expect(asked.text).toContain("Under Settings.");
    expect([done.status, done.text.includes("Linked")]).toEqual([200, true]);
    expect(done.html).not.toContain("key-of-adA");
    // Who has just entered it is not asked in circles; later on they are.
    expect(await outcome(as(ada, slug))).toBe("upstream_unauthorized");
    await scene.age(60);
    const again = await last(as(ada, slug));
    expect(again["error"].data).toMatchObject({ code: "link_required", server: slug });
    await enter(ada, pageIn(again), "key-of-ada");
    expect(await said(ada, slug)).toBe("ada");

    // A program has no key, and the one that lists are read with is nobody's.
    expect(await outcome(whoami(slug, await program(slug)))).toBe("credentials_person_only");
    await enter(bob, pageIn(await last(as(bob, slug))), "key-of-bob");
    expect([await said(bob, slug), await said(ada, slug)]).toEqual(["bob", "ada"]);
    expect(server.visits.filter(({ user, method }) => user === "house" && method === "tools/call")).toEqual(
      [],
    );
    expect(server.strangers).toEqual([]);
    await scene.unlink(ada, slug);
    expect(await outcome(as(ada, slug))).toBe("link_required");
    expect(await said(bob, slug)).toBe("bob");
  },
);
