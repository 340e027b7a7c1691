/** Every operation of the API's document answers, and every failure in it can be had, in the form that it says. */
import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { maxBodyBytes } from "../body.ts";
import { takesIfMatch, type Route } from "../route.ts";
import { routes } from "../routes.ts";
import { createClient, type Client, type ClientAnswer } from "../testing/client.ts";
import { document } from "../testing/conformity.ts";
import { cases } from "./cases.ts";
import { createScene, type MakeRequest, type Scene, type Sent } from "./scene.ts";

let scene: Scene;

beforeAll(async () => {
  scene = await createScene();
});
beforeEach(() => {
  scene.house.errors.length = 0;
});
afterAll(() => scene[Symbol.asyncDispose]());

test("the table of cases has the operations that there are", () => {
  expect(Object.keys(cases).toSorted()).toEqual(routes.map(({ id }) => id).toSorted());
});

test.each([...routes])("$id: its good answer and each of its failures, as documented", async (route) => {
  const { good, failures = {} } = cases[route.id] ?? { good: () => ({}) };
  const answer = await ask(route, await good(scene));
  expect([answer.status, answer.body]).toEqual([statusOf(route), answer.body]);
  const all = { ...askedWrongly(route, good), ...madeOf(route, failures) };
  const heard: string[] = [];
  for (const [code, provoke] of Object.entries(all)) {
    const { body } = await provoke();
    expect((body as { code?: string } | undefined)?.code, `${route.id} ${code}`).toBe(code);
    heard.push(code);
  }
  expect(heard.toSorted()).toEqual(documentedCodes(route));
  expect(scene.house.errors).toEqual([]);
});

test.each(Object.entries(document.paths))("%s has its methods and no others", async (path, operations) => {
  const answer = await scene.admin("LINK", fill(path, {}));
  expect([answer.status, answer.body]).toMatchObject([405, { code: "method_not_allowed" }]);
  const methods = Object.keys(operations).flatMap((method) =>
    method === "get" ? ["get", "head"] : [method],
  );
  const allowed = (answer.headers.get("allow") ?? "").toLowerCase().split(", ");
  expect(allowed.toSorted()).toEqual(methods.toSorted());
});

test.each([
  ["host_not_allowed", { host: "evil.example.com" }],
  ["origin_not_allowed", { origin: "https://evil.example.com" }],
])("what the listener refuses is documented for every operation: %s", async (code, headers) => {
  expect((await scene.admin("GET", "/status", undefined, headers)).body).toMatchObject({ code });
});

test("the document is served to whoever asks, as it is", async () => {
  const answer = await createClient(scene.house.app, undefined)("GET", "/openapi.json");
  expect([answer.status, answer.headers.get("content-type"), answer.body]).toEqual([
    200,
    "application/json",
    JSON.parse(JSON.stringify(document)),
  ]);
});

type Provoke = () => Promise<ClientAnswer>;
type Provocations = Readonly<Record<string, Provoke>>;

function madeOf(route: Route, failures: Readonly<Record<string, MakeRequest>>): Provocations {
  return Object.fromEntries(
    Object.entries(failures).map(([code, make]) => [code, async () => ask(route, await make(scene))]),
  );
}

/** What the operation refuses by its nature. */
function askedWrongly(route: Route, good: MakeRequest): Provocations {
  const { house } = scene;
  const as = (token: Promise<string> | string | undefined) => async () =>
    ask(route, await good(scene), createClient(house.app, await token));
  const expired = async () => {
    const secret = await house.createToken({ expiresAtMs: Date.now() + 60_000, name: "short" });
    // As if the minute were over.
    await house.database.query(
      sql`update tokens set expires_at = now() - interval '1 s' where name = 'short'`,
    );
    await house.database.query(sql`update tokens set name = id where name = 'short'`);
    return secret;
  };
  return {
    token_missing: as(undefined),
    token_invalid: as("cst_wrong"),
    token_expired: async () => as(await expired())(),
    ...(route.permission !== "use" && {
      permission_required: async () => as(await house.createToken({ role: "member" }))(),
    }),
    invalid_input: async () => ask(route, { ...(await good(scene)), query: { colour: "red" } }),
    ...(route.body !== undefined && writtenWrongly(route, good)),
    ...(takesIfMatch(route) && {
      version_stale: async () => ask(route, { ...(await good(scene)), headers: { "if-match": '"999999"' } }),
    }),
    ...(route.takesIdempotencyKey === true && sentTwice(route, good)),
  };
}

function writtenWrongly(route: Route, good: MakeRequest): Provocations {
  const json = { "content-type": "application/json" };
  const send =
    (body: string, headers: Record<string, string> = json) =>
    async () =>
      ask(route, { ...(await good(scene)), body, headers });
  return {
    json_malformed: send("{"),
    json_ambiguous: send('{"a":1,"a":2}'),
    json_too_deep: send(`${"[".repeat(200)}${"]".repeat(200)}`),
    body_too_large: send(" ".repeat((route.maxBodyBytes ?? maxBodyBytes) + 1)),
    media_type_unsupported: send("{}", { "content-type": "text/plain" }),
    content_encoding_unsupported: send("{}", { ...json, "content-encoding": "gzip" }),
  };
}

function sentTwice(route: Route, good: MakeRequest): Provocations {
  const headers = { "idempotency-key": `"${route.id}"` };
  return {
    idempotency_key_reused: async () => {
      const sent = { ...(await good(scene)), headers };
      const first = await ask(route, sent);
      const again = await ask(route, sent);
      expect([again.status, again.body]).toEqual([first.status, first.body]);
      expect([first, again].map((answer) => answer.headers.get("idempotent-replayed"))).toEqual([
        null,
        "true",
      ]);
      return ask(route, { ...(await good(scene)), headers });
    },
    idempotency_in_progress: async () => {
      const { database } = scene.house;
      const sent = { ...(await good(scene)), headers: { "idempotency-key": `"${route.id}-slow"` } };
      const { first, second } = await database.transaction(async (tx) => {
        // Whatever is written is told in this table: the first request waits there.
        await tx.query(sql`lock table changes in exclusive mode`);
        const underWay = sql`select 1 from idempotency_keys where sealed_answer is null`;
        const first = ask(route, sent);
        await expect.poll(() => database.query(underWay)).toHaveLength(1);
        return { first, second: await ask(route, sent) };
      });
      expect((await first).status).toBe(statusOf(route));
      expect(second.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
      return second;
    },
  };
}

/** The answer, which the client has held to the document. */
function ask(
  { method, path }: Route,
  sent: Sent,
  client: Client = sent.as ?? scene.admin,
): Promise<ClientAnswer> {
  const query = sent.query === undefined ? "" : `?${new URLSearchParams(sent.query).toString()}`;
  return client(method, `${fill(path, sent.params ?? {})}${query}`, sent.body, sent.headers);
}

function fill(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? "a"));
}

function statusOf(route: Route): number {
  return route.answer === undefined ? 204 : (route.status ?? 200);
}

/** The codes of the operation, as a reader of the document finds them. */
function documentedCodes({ method, path }: Route): string[] {
  const responses = document.paths[path]?.[method.toLowerCase()]?.responses ?? {};
  return Object.values(responses)
    .flatMap((response) => ("content" in response ? Object.values(response.content ?? {}) : []))
    .flatMap(({ schema }) => schema.allOf ?? [])
    .flatMap(({ properties }) => (properties?.["code"]?.enum ?? []) as string[])
    .toSorted();
}
