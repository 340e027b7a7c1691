import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestClients, type TestClients } from "./testing.ts";

let house: TestClients;

beforeAll(async () => {
  house = await createTestClients();
});
beforeEach(async () => {
  await house.database.query(sql`delete from oauth_clients`);
});
afterAll(() => house[Symbol.asyncDispose]());

const send = (body: unknown, { clients = house.clients, type = "application/json" } = {}) =>
  clients.registrationApp.request("/", {
    method: "POST",
    headers: { "content-type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

async function answerOf(sent: Response | Promise<Response>) {
  const answer = await sent;
  return [answer.status, await answer.json()];
}

const claude = {
  client_name: "Claude Code (okrs)",
  redirect_uris: ["http://localhost:54212/callback"],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
};

test("a client registers, is told what was made of that, and is one from then on", async () => {
  const answer = await send({ ...claude, scope: "portal:team everything", application_type: "web" });
  const made = (await answer.json()) as { client_id: string };
  expect([answer.status, answer.headers.get("cache-control"), made]).toEqual([
    201,
    "no-store",
    {
      ...claude,
      client_id: expect.stringMatching(/^cli_/) as string,
      client_id_issued_at: Math.floor(house.clock.now() / 1000),
      application_type: "native",
    },
  ]);
  expect(await house.clients.find(made.client_id)).toMatchObject({
    kind: "dynamic",
    name: claude.client_name,
    redirectUris: claude.redirect_uris,
    scopes: [],
    mayIntrospect: false,
  });
});

test.each(["client_secret_basic", "client_secret_post"])(
  "one that wants a secret gets one: %s",
  async (method) => {
    const answer = await send({
      redirect_uris: ["https://a.example/cb"],
      token_endpoint_auth_method: method,
    });
    const text = await answer.text();
    expect(JSON.parse(text)).toEqual({
      client_id: expect.any(String) as string,
      client_id_issued_at: expect.any(Number) as number,
      client_secret: expect.stringMatching(/^ccs_/) as string,
      client_secret_expires_at: 0,
      redirect_uris: ["https://a.example/cb"],
      application_type: "web",
      token_endpoint_auth_method: method,
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    });
    const rows = await house.database.query<{ all: string }>(
      sql`select row_to_json(c)::text || (select json_agg(s)::text from client_secrets s) as all from oauth_clients c`,
    );
    const { client_secret } = JSON.parse(text) as { client_secret: string };
    expect(rows.map(({ all }) => all.includes(client_secret))).toEqual([false]);
  },
);

test("what it gives itself it does not get: an id, a secret, rights", async () => {
  const answer = await send({
    ...claude,
    client_id: "cli_mine",
    client_secret: "mine",
    grant_types: ["authorization_code", "client_credentials"],
    may_introspect: true,
    kind: "registered",
  });
  const made = (await answer.json()) as Record<string, unknown>;
  expect([made["client_id"] === "cli_mine", "client_secret" in made, made["grant_types"]]).toEqual([
    false,
    false,
    ["authorization_code"],
  ]);
});

test.each([
  [{}, "invalid_redirect_uri", "redirect_uris is required"],
  [{ redirect_uris: ["http://evil.example/"] }, "invalid_redirect_uri", "redirect_uris[0] must use https"],
  [
    { redirect_uris: ["javascript:alert(1)"] },
    "invalid_redirect_uri",
    "redirect_uris[0] must not use the scheme javascript:",
  ],
  [{ ...claude, client_name: 1 }, "invalid_client_metadata", "client_name must be a string"],
  [
    { ...claude, client_name: "\u202e" },
    "invalid_client_metadata",
    "client_name must hold printable characters only",
  ],
  ["{", "invalid_client_metadata", "The request is not JSON"],
  ["[]", "invalid_client_metadata", "The request is not a JSON object"],
  [
    `{"client_name":"${"x".repeat(40_000)}"}`,
    "invalid_client_metadata",
    "The body is longer than 32768 bytes",
  ],
])("%j is refused as RFC 7591 says", async (body, error, error_description) => {
  expect(await answerOf(send(body))).toEqual([400, { error, error_description }]);
});

test("a form is no registration", async () => {
  expect(await answerOf(send("a=b", { type: "application/x-www-form-urlencoded" }))).toEqual([
    400,
    { error: "invalid_client_metadata", error_description: "The request must be application/json" },
  ]);
});

test.each(["off", "documents"] as const)(
  "with the setting %s nobody registers, or is let in who did before",
  async (registration) => {
    const { client_id } = (await (await send(claude)).json()) as { client_id: string };
    const closed = house.again({ registration });
    expect(await answerOf(send(claude, { clients: closed }))).toEqual([
      403,
      {
        error: "access_denied",
        error_description: "Clients cannot register themselves here: an administrator registers them",
      },
    ]);
    expect(await closed.find(client_id)).toBeUndefined();
    expect(closed.features.configuration.discovery).toEqual({});
    expect(await house.clients.find(client_id)).toMatchObject({ id: client_id });
  },
);

test("where the administrator names redirect URIs, no other is taken", async () => {
  const strict = house.again({ redirectRules: [{ kind: "under", prefix: "https://a.example/" }] });
  expect(await answerOf(send(claude, { clients: strict }))).toEqual([
    400,
    {
      error: "invalid_redirect_uri",
      error_description: "http://localhost:54212/callback is not permitted by the administrator",
    },
  ]);
  const { client_id } = (await (await send(claude)).json()) as { client_id: string };
  expect(await strict.find(client_id)).toBeUndefined();
  expect((await send({ redirect_uris: ["https://a.example/x"] }, { clients: strict })).status).toBe(201);
});

test("who registers too often is told when to come back", async () => {
  const answers: Response[] = [];
  for (let at = 0; at < 80 && answers.at(-1)?.status !== 429; at++) answers.push(await send(claude));
  const last = answers.at(-1);
  expect([last?.status, await last?.json()]).toEqual([
    429,
    { error: "temporarily_unavailable", error_description: "Too many clients have registered lately" },
  ]);
  expect(last?.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
});
