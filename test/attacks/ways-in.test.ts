/** The whole house with a person in it and a client that they let in: what its addresses tell, take and keep. */
import { sql } from "@castellan/database";
import { hashSecret } from "@castellan/access";
import { request } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { say, sayModern } from "../portal/client.ts";
import { createOkrsScene, type LetIn, type OkrsScene, type Visitor } from "../sign-in/okrs-scene.ts";
import { allow } from "../sign-in/oauth-client.ts";

const evil = "evil.example";
let scene: OkrsScene;
let eve: Visitor;
let letIn: LetIn;
let code: string;

beforeAll(async () => {
  scene = await createOkrsScene();
  const { api } = scene.house;
  await api("POST", "/portals", {
    slug: "other",
    servers: ["okrs"],
    access: [{ who: "everyone", classes: ["read"] }],
  });
  eve = await scene.come("Eve", "viewers");
  letIn = await eve.letIn();
  const { browser, page } = await eve.look({ client: letIn.client });
  code = (await allow(browser, page)).url.searchParams.get("code") ?? "";
});
afterAll(() => scene[Symbol.asyncDispose]());

/** Everything that is answered on the socket, each address once by each of its methods. */
function addresses(): { method: string; path: string }[] {
  const all = scene.house.routes
    .filter(({ path }) => !path.startsWith("/health") && path !== "/*")
    .flatMap(({ method, path }) =>
      (method === "ALL" ? ["GET", "POST"] : [method]).map((one) => ({
        method: one,
        path: path.replaceAll(/:\w+(?:\{[^}]*\})?/g, "okrs").replaceAll("*", "x"),
      })),
    );
  return [...new Map(all.map((one) => [`${one.method} ${one.path}`, one])).values()];
}

async function ask({ method, path }: { method: string; path: string }, headers: Record<string, string>) {
  const reply = await request(scene.house.url + path, { method: method as "GET", headers });
  return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() };
}

test("a foreign Host is answered at no address, and stands in no answer to a right one", async () => {
  expect(addresses().length).toBeGreaterThan(100);
  for (const address of addresses()) {
    const foreign = await ask(address, { host: evil });
    expect([address, foreign.status]).toEqual([address, 421]);
    expect(JSON.stringify(foreign.headers)).not.toContain(evil);
    const told = await ask(address, {
      "x-forwarded-host": evil,
      "x-forwarded-proto": "https",
      "x-original-host": evil,
      forwarded: `host=${evil};proto=https`,
    });
    expect([address, told.status === 421, JSON.stringify(told).includes(evil)]).toEqual([
      address,
      false,
      false,
    ]);
  }
});

test.each([
  `${evil}@127.0.0.1`,
  "127.0.0.1.",
  `127.0.0.1.${evil}`,
  "127.0.0.1:1:1",
  "127.0.0.1/x",
  '127.0.0.1", realm="x',
  "0x7f.1",
  "[::ffff:127.0.0.1]",
])("Host %j is none of ours, whatever a parser makes of it", async (host) => {
  const { port } = new URL(scene.house.url);
  for (const path of [
    "/p/okrs/mcp",
    "/.well-known/oauth-protected-resource/p/okrs/mcp",
    "/.well-known/openid-configuration",
  ])
    for (const sent of [host, `${host}:${port}`])
      // 400: what is no host at all does not get past Node's own parser.
      expect([400, 421]).toContain((await ask({ method: "GET", path }, { host: sent })).status);
});

test("a page of another origin is let near no address where a cookie counts, and sends none anywhere", async () => {
  const open: string[] = [];
  for (const address of addresses()) {
    const { status, headers } = await ask(address, { origin: `https://${evil}` });
    expect([address, headers["access-control-allow-credentials"]]).toEqual([address, undefined]);
    if (headers["access-control-allow-origin"] === undefined)
      expect([address, status]).toEqual([address, 403]);
    else {
      expect(headers["access-control-allow-origin"]).toBe("*");
      open.push(`${address.method} ${address.path}`);
    }
  }
  expect(
    open.filter((one) =>
      / \/(?:sign-|account|welcome|oauth\/(?:consent|authorize|introspect)|api\/|p\/|mcp)/.test(one),
    ),
  ).toEqual([]);
});

test("a token is good where it was made for, as a bearer, and nowhere else", async () => {
  const { access, refresh } = letIn.tokens;
  const { url } = scene.house;
  const at = async (slug: string, token: string) => {
    const heard = await sayModern({ url: `${url}/p/${slug}/mcp`, token }, "tools/list");
    await heard.all;
    return heard.status;
  };
  const api = async (path: string, token: string) =>
    (await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
  expect([await at("okrs", access), await at("other", access), await at("default", access)]).toEqual([
    200, 401, 401,
  ]);
  for (const token of [refresh, code, letIn.client.id, `${access} `, `${access}x`, access.toUpperCase()])
    expect([token, await at("okrs", token), await api("/me", token)]).toEqual([
      token,
      token === `${access} ` ? 200 : 401,
      401,
    ]);
  for (const path of ["/me", "/users", "/tokens", "/servers", "/portals", "/config/export", "/calls"])
    expect([path, await api(path, access)]).toEqual([path, 401]);
  // RFC 6750 §2.2, §2.3: in a form or the address it is not looked for.
  const unheard = [
    await say(`${url}/p/okrs/mcp?access_token=${access}`, { body: "{}" }),
    await say(`${url}/p/okrs/mcp`, {
      body: `access_token=${access}`,
      headers: { "content-type": "application/x-www-form-urlencoded" },
    }),
    await say(`${url}/p/okrs/mcp`, {
      body: "{}",
      headers: { authorization: `Basic ${btoa(`x:${access}`)}` },
    }),
    await say(`${url}/p/okrs/mcp`, { body: "{}", headers: { cookie: `access_token=${access}` } }),
  ];
  await Promise.all(unheard.map((heard) => heard.all));
  expect(unheard.map(({ status }) => status)).toEqual([401, 415, 401, 401]);
});

test.each([
  "%22%2c%20realm=%22x",
  "okrs%22",
  "a%0d%0aset-cookie:%20x=1",
  "%e2%80%a8",
  "okrs%00",
  "OKRS",
  "..%2fokrs",
])("what is no slug (%s) puts nothing into a header", async (slug) => {
  const heard = await say(`${scene.house.url}/p/${slug}/mcp`, { body: "{}" });
  await heard.all;
  expect([heard.status, heard.headers["www-authenticate"], heard.headers["set-cookie"]]).toEqual([
    401,
    "Bearer",
    undefined,
  ]);
});

test("no secret of the way in is logged, counted, or kept to be read, wherever it was sent", async () => {
  const { access, refresh } = letIn.tokens;
  const { house, portalUrl } = scene;
  const again = await eve.letIn();
  const secrets = [access, refresh, code, again.tokens.access, again.tokens.refresh, eve.password];
  // As people and broken clients send them.
  for (const secret of secrets) {
    const query = new URLSearchParams({ access_token: secret, code: secret, token: secret, state: secret });
    for (const path of [
      `/p/okrs/mcp?${query}`,
      `/oauth/authorize?${query}`,
      `/sign-in?${query}`,
      `/api/v1/me?${query}`,
    ])
      await ask({ method: "GET", path }, { authorization: `Bearer ${secret}`, "user-agent": "x" });
    for (const path of ["/oauth/token", "/oauth/revoke", "/oauth/introspect"])
      await fetch(house.url + path, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "refresh_token",
          refresh_token: secret,
          token: `${secret}x`,
          client_id: secret,
        }),
      });
    await (
      await say(portalUrl, { body: "{}", token: `${secret}x` })
    ).all;
  }
  const hex = (secret: string) => Buffer.from(secret).toString("hex");
  const found = (text: string) =>
    secrets.filter((secret) => text.includes(secret) || text.includes(hex(secret)));
  expect(found(await house.metrics())).toEqual([]);
  await house.flush();
  expect([house.log.length > 0, house.log.flatMap(found)]).toEqual([true, []]);
  const tables = await house.database.query<{ name: string }>(sql`
    select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`);
  for (const { name } of tables) {
    const rows = await house.database.query<{ text: string }>({
      text: `select t::text as text from ${name} as t`,
      values: [],
    });
    const text = rows.map((row) => row.text).join("\n");
    expect([name, found(text)]).toEqual([name, []]);
  }
  // The search can find: a token's hash is where it belongs.
  const [row] = await house.database.query<{ count: number }>({
    text: `select count(*)::int as count from access_tokens where encode(hash, 'hex') = $1`,
    values: [Buffer.from(hashSecret(access), "base64url").toString("hex")],
  });
  expect(row?.count).toBe(1);
});
