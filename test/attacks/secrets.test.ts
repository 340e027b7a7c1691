/** Whatever an admin does with a secret, rightly or wrongly: it is sealed, and stands nowhere else. */
import { sql } from "@castellan/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startRawModern } from "../fixtures/raw-modern.ts";
import { RpcError } from "../fixtures/script.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";

const marker = "s3cr3t-marker";
let house: TestHouse;
let url: string;
const answers: string[] = [];
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  url = opened.use(await startRawModern({ capabilities: "{}" })).url;
});
afterAll(() => opened.disposeAsync());

let count = 0;

async function send(method: string, path: string, body: unknown): Promise<number> {
  const reply = await fetch(`${house.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${house.adminToken}`,
      "content-type": "application/json",
      "idempotency-key": `key-${++count}`,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  answers.push(await reply.text());
  return reply.status;
}

const allowPrivate = ["127.0.0.1"];
const document = (headers: object, more: object = {}) => ({
  apiVersion: "castellan/v1",
  name: "main",
  servers: { filed: { url, allowPrivate, headers, ...more } },
});
const ref = { "x-key": { secretRef: "env:KEY", prefix: "Key " } };
const card = {
  name: "com.acme/weather",
  remotes: [{ type: "streamable-http", url: "https://acme.example/" }],
};

test.each<[number, string, string, () => unknown]>([
  [201, "POST", "/servers", () => ({ slug: "one", url, allowPrivate, headers: { "X-Key": marker } })],
  [409, "POST", "/servers", () => ({ slug: "one", url, allowPrivate, headers: { "X-Key": marker } })],
  [400, "POST", "/servers", () => ({ slug: "two", url, headers: { "X-Key": `${marker}\r\nHost: evil` } })],
  [400, "POST", "/servers", () => ({ slug: "two", url, headers: { "X-Key": `${marker}\u00e9` } })],
  [400, "POST", "/servers", () => ({ slug: "two", url, headers: { "X-Key": [marker] } })],
  [400, "POST", "/servers", () => ({ slug: "two", url, bearerToken: `${marker} x` })],
  [400, "POST", "/servers", () => ({ slug: "two", url: `https://user:${marker}@acme.example/` })],
  [400, "POST", "/servers", () => `{"slug":"two","bearerToken":"${marker}`],
  [400, "POST", "/servers", () => `{"slug":"two","bearerToken":"${marker}","bearerToken":"${marker}"}`],
  [200, "PATCH", "/servers/one", () => ({ headers: { "x-key": `${marker}2`, other: marker } })],
  [409, "PATCH", "/servers/one", () => ({ url: "https://evil.example/mcp", headers: { other: marker } })],
  [409, "PATCH", "/servers/one", () => ({ url: "http://127.0.0.1:1/mcp" })],
  [400, "PATCH", "/servers/one", () => ({ bearerToken: marker, headers: { authorization: marker } })],
  [400, "POST", "/config/plan", () => ({ document: document({ "x-key": marker }) })],
  [400, "POST", "/config/plan", () => ({ document: document(ref), secrets: { "env:KEY": `${marker}\n` } })],
  [400, "POST", "/config/plan", () => ({ document: document(ref), secrets: { "env:KEY": [marker] } })],
  [400, "POST", "/config/plan", () => ({ document: document(ref), secrets: { "env:OTHER": marker } })],
  [
    400,
    "POST",
    "/config/plan",
    () => ({ document: document(ref), secrets: { "env:KEY": marker.repeat(2000) } }),
  ],
  [200, "POST", "/config/plan", () => ({ document: document(ref), secrets: { "env:KEY": marker } })],
  [
    412,
    "POST",
    "/config/apply",
    () => ({ document: document(ref), basis: "x", secrets: { "env:KEY": marker } }),
  ],
  [200, "POST", "/config/apply", () => ({ document: document(ref), secrets: { "env:KEY": marker } })],
  [200, "POST", "/config/plan", () => ({ document: document(ref), secrets: { "env:KEY": `${marker}2` } })],
  [200, "POST", "/config/apply", () => ({ document: document(ref), secrets: { "env:KEY": `${marker}2` } })],
  [400, "POST", "/config/apply", () => ({ document: document(ref, { url: "https://evil.example/" }) })],
  [400, "POST", "/config/apply", () => ({ document: document({ "x-other": ref["x-key"] }) })],
  [400, "POST", "/server-imports", () => ({ document: card, headers: { "X-Key": `${marker}\n` } })],
  [400, "POST", "/server-imports", () => ({ document: card, variables: { key: marker } })],
  [
    400,
    "POST",
    "/server-imports",
    () => ({
      document: {
        ...card,
        remotes: [
          {
            type: "sse",
            url: "https://acme.example/{key}",
            variables: { key: { isSecret: true } },
          },
        ],
      },
      variables: { key: marker },
    }),
  ],
])("%i %s %s (%#)", async (status, method, path, body) => {
  const got = await send(method, path, body());
  expect([got, got === status ? "" : answers.at(-1)]).toEqual([status, ""]);
});

test("a server that repeats what it was sent tells it to no admin", async () => {
  const echo = opened.use(
    await startRawModern({
      capabilities: '{"tools":{}}',
      script: {
        "tools/list": (_params, { request }) => {
          throw new RpcError(-32000, `No such key: ${String(request.headers["x-key"])}`);
        },
      },
    }),
  );
  const body = { slug: "echo", url: echo.url, allowPrivate, headers: { "X-Key": `Key ${marker}` } };
  expect(await send("POST", "/servers", body)).toBe(201);
  expect(JSON.parse(answers.at(-1) ?? "").state.error).toMatchObject({
    code: "upstream_invalid",
    message: expect.stringContaining("No such key: …") as string,
  });
});

test("it is in no answer, no line of the log and no table", async () => {
  for (const path of ["/servers", "/servers/one", "/servers/filed", "/config/export", "/calls", "/status"]) {
    const reply = await fetch(`${house.url}/api/v1${path}`, {
      headers: { authorization: `Bearer ${house.adminToken}` },
    });
    answers.push(await reply.text());
  }
  expect(answers.filter((answer) => answer.includes(marker))).toEqual([]);
  expect(house.log.filter((line) => line.includes(marker))).toEqual([]);
  expect((await house.metrics()).includes(marker)).toBe(false);
  const tables = await house.database.query<{ name: string }>(sql`
    select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`);
  const holding: string[] = [];
  for (const { name } of tables) {
    const [found] = await house.database.query<{ rows: number }>({
      text: `select count(*)::int as rows from ${name} as t where t::text like $1 or t::text like $2`,
      values: [`%${marker}%`, `%${Buffer.from(marker).toString("hex")}%`],
    });
    if (found && found.rows > 0) holding.push(name);
  }
  expect([tables.length > 10, holding]).toEqual([true, []]);
});
