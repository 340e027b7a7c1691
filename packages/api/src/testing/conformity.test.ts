import { expect, test } from "vitest";
import { assertDocumented } from "./conformity.ts";

const token = {
  id: "tok_1",
  name: "a",
  role: "member",
  portals: [],
  scopes: [],
  version: 1,
  createdAt: "2026-01-01T00:00:00.000Z",
  createdBy: "x",
};
const json = { "content-type": "application/json" };

const check = (
  status: number,
  body: unknown,
  headers: Record<string, string> = json,
  to = "GET /tokens?limit=2",
) => {
  const [method = "", path = ""] = to.split(" ");
  return () => assertDocumented(method, path, { status, headers: new Headers(headers), body });
};

function problem(status: number, code: string) {
  return { type: "t", title: "t", status, code, detail: "d", requestId: "req_1" };
}
const problemJson = { "content-type": "application/problem+json" };

test("what the document says passes, and what more a later release may tell", () => {
  check(200, { items: [token] })();
  check(200, { items: [{ ...token, colour: "red" }], nextCursor: "c", total: 1 })();
  check(400, problem(400, "invalid_input"), problemJson)();
  check(204, undefined, {}, "DELETE /tokens/tok_1")();
});

test("failures of where it runs pass for every operation", () => {
  check(503, problem(503, "database_unavailable"), problemJson)();
});

test.each([
  ["a member that is missing", check(200, { items: [{ ...token, name: undefined }] }), "name"],
  ["one of another type", check(200, { items: [{ ...token, createdAt: "yesterday" }] }), "date-time"],
  ["a status that it does not have", check(201, { items: [] }), "GET /tokens → 201  is not in the document"],
  [
    "a code of another operation",
    check(404, problem(404, "server_unknown"), problemJson),
    "is not in the document",
  ],
  ["a code under another status", check(400, problem(400, "token_missing"), problemJson), "allowed values"],
  [
    "a status in the body that is not the answer's",
    check(400, problem(401, "invalid_input"), problemJson),
    "status",
  ],
  ["another media type", check(200, { items: [] }, { "content-type": "text/plain" }), "text/plain"],
  ["no ETag where there is a version", check(200, {}, json, "GET /servers/a"), "lacks the header ETag"],
  ["a body where there is none", check(204, {}, json, "DELETE /tokens/tok_1"), "application/json"],
])("%s is refused", (_, wrong, message) => {
  expect(wrong).toThrow(message);
});
