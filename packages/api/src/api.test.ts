import { isPermitted, roles } from "@castellan/access";
import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { maxBodyBytes } from "./body.ts";
import type { Route } from "./route.ts";
import { routes } from "./routes.ts";
import { createTestApi, type TestApi } from "./testing.ts";
import { createClient, type Client } from "./testing/client.ts";

let house: TestApi;
let admin: Client;

beforeAll(async () => {
  house = await createTestApi();
  admin = createClient(house.app, await house.createToken({}));
});
afterAll(() => house[Symbol.asyncDispose]());

const operations = routes.map((route) => [route.method, toPath(route), route] as const);

function toPath({ path }: Route): string {
  return path
    .replace("{slug}", "a")
    .replace("{server}", "b")
    .replaceAll(/\{\w+\}/g, "c");
}

test.each(operations)(
  "%s %s is for whoever may, and says so before it looks at anything",
  async (method, path, route) => {
    const none = createClient(house.app, undefined);
    const wrong = createClient(house.app, "cst_wrong");
    const body = method === "POST" ? "{" : undefined;
    expect(await none(method, path, body)).toMatchObject({ status: 401, body: { code: "token_missing" } });
    expect(await wrong(method, path, body)).toMatchObject({ status: 401, body: { code: "token_invalid" } });
    for (const role of roles.filter((one) => !isPermitted(one, route.permission))) {
      const client = createClient(house.app, await house.createToken({ role }));
      expect([role, await client(method, path, body)]).toMatchObject([
        role,
        { status: 403, body: { code: "permission_required" } },
      ]);
    }
  },
);

test("no two operations are the same, and the table says what each answers", () => {
  const names = routes.map(({ method, path }) => `${method} ${path}`);
  expect(new Set(names).size).toBe(names.length);
  for (const { method, path, params, answer } of routes) {
    expect([path, params !== undefined]).toEqual([path, path.includes("{")]);
    if (method !== "DELETE") expect([path, answer !== undefined]).toEqual([path, true]);
  }
});

test.each([
  ['{"slug":"a","slug":"b"}', 400, "json_ambiguous"],
  ['{"__proto__":{}}', 400, "json_ambiguous"],
  ["{", 400, "json_malformed"],
  ["", 400, "json_malformed"],
  ["[".repeat(200) + "]".repeat(200), 400, "json_too_deep"],
  ["[]", 400, "invalid_input"],
  ["null", 400, "invalid_input"],
  [" ".repeat(maxBodyBytes + 1), 413, "body_too_large"],
])("a body like %.30s is refused with %i %s", async (body, status, code) => {
  expect(await admin("POST", "/portals", body)).toMatchObject({ status, body: { code } });
});

test("a body of another media type is refused", async () => {
  const token = await house.createToken({});
  const answer = await house.app.request("http://localhost/api/v1/portals", {
    method: "POST",
    headers: { host: "localhost", authorization: `Bearer ${token}`, "content-type": "text/plain" },
    body: '{"slug":"a"}',
  });
  expect([answer.status, await answer.json()]).toMatchObject([415, { code: "media_type_unsupported" }]);
});

test("an optional body may be left out, whatever its type is said to be; one that is there is judged", async () => {
  const path = "/portals/nobody/servers/nobody";
  const put = async (body: string | undefined, headers: Record<string, string>) =>
    (await admin("PUT", path, body, headers)).body;
  const json = { "content-type": "application/json" };
  for (const headers of [{}, json, { "content-type": "text/plain" }])
    expect(await put(undefined, headers)).toMatchObject({ code: "portal_not_found" });
  expect(await put("{", json)).toMatchObject({ code: "json_malformed" });
  expect(await put("{}", { "content-type": "text/plain" })).toMatchObject({ code: "media_type_unsupported" });
});

test("queries are strict", async () => {
  expect(await admin("GET", "/servers?colour=red")).toMatchObject({
    status: 400,
    body: { code: "invalid_input", problems: [{ field: "colour", reason: "is not known" }] },
  });
  expect(await admin("GET", "/calls?portal=a&portal=b")).toMatchObject({
    status: 400,
    body: { problems: [{ field: "portal", reason: "is given twice" }] },
  });
});

test("what is not there is 404 or 405", async () => {
  expect(await admin("GET", "/nothing")).toMatchObject({ status: 404, body: { code: "route_unknown" } });
  expect(await admin("DELETE", "/servers")).toMatchObject({
    status: 405,
    body: { code: "method_not_allowed" },
  });
  expect((await admin("DELETE", "/servers")).headers.get("allow")).toBe("GET, HEAD, POST");
});

test("whatever JSON is sent, the answer is a refusal with a code, never a fault of ours", async () => {
  const key = fc.oneof(
    fc.constantFrom(
      "slug",
      "url",
      "headers",
      "bearerToken",
      "allowPrivate",
      "title",
      "name",
      "role",
      "portals",
      "servers",
    ),
    fc.string({ maxLength: 8 }),
  );
  const leaf = fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: codePoint }),
    fc.constantFrom("a", "\0", "https://127.0.0.1/", "admin", "0.0.0.0/0"),
  );
  const value = fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), fc.dictionary(key, leaf, { maxKeys: 3 }));
  const body = fc.dictionary(key, value, { maxKeys: 6 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("/servers", "/portals", "/tokens"), body, async (path, sent) => {
      const answer = await admin("POST", path, sent);
      // A random body may be a good portal.
      expect([path, [200, 201, 400, 404, 409].includes(answer.status)]).toEqual([path, true]);
    }),
    { numRuns: 150 },
  );
  expect(house.errors).toEqual([]);
});
