import { isFault } from "@castellan/kernel";
import { expect, test } from "vitest";
import { readDocument } from "../document/read-document.ts";
import { forge, payments } from "../testing-documents.ts";
import { largeDocument } from "../testing.ts";
import { createCodeDocuments } from "./code-documents.ts";
import { findOperation, type ApiCall } from "./find-operation.ts";
import { specText } from "./spec-text.ts";

const document = readDocument(JSON.stringify(forge));

function found(call: ApiCall) {
  const { tool, arguments: text } = findOperation(document, call);
  return [tool, JSON.parse(text) as unknown];
}

function refusal(call: ApiCall) {
  try {
    findOperation(document, call);
  } catch (error) {
    if (isFault(error)) return [error.code, error.field, error.message];
    throw error;
  }
  throw new Error("It was not refused");
}

test("a path that is written out finds its operation, the most definite first", () => {
  expect(found({ method: "get", path: "/users/me" })).toEqual(["users_me", {}]);
  expect(found({ method: "GET", path: "/users/mona%20lisa" })).toEqual([
    "users_get",
    { username: "mona lisa" },
  ]);
  expect(found({ method: "GET", path: "/repos/o/r/compare/v1.0...feature%2Fx" })).toEqual([
    "repos_compare",
    { owner: "o", repo: "r", base: "v1.0", head: "feature/x" },
  ]);
  expect(found({ method: "PATCH", path: "/repos/o/r/issues/7", body: '{"title":"T"}' })).toEqual([
    "issues_update",
    { owner: "o", repo: "r", number: 7, body: { title: "T" } },
  ]);
});

test("a path as the document writes it takes its parameters beside it", () => {
  const path = "/repos/{owner}/{repo}/issues";
  const expected = ["issues_list-for-repo", { owner: "o", repo: "r", state: "open" }];
  expect(found({ method: "GET", path, params: { owner: "o", repo: "r" }, query: { state: "open" } })).toEqual(
    expected,
  );
  expect(found({ method: "GET", path, query: { owner: "o", repo: "r", state: "open" } })).toEqual(expected);
  expect(refusal({ method: "GET", path, params: { owner: "o" } })).toEqual([
    "api_request_invalid",
    "path",
    "path has the parameter {repo}, which is not given",
  ]);
});

test("headers of the operation are found in any case, and what the house sets is not taken amiss", () => {
  const headers = { "x-API-version": "2", Accept: "application/json", "content-type": "application/json" };
  expect(found({ method: "GET", path: "/repos/o/r/issues", headers })).toEqual([
    "issues_list-for-repo",
    { owner: "o", repo: "r", "X-Api-Version": "2" },
  ]);
});

test.each<[ApiCall, readonly unknown[]]>([
  [
    { method: "DELETE", path: "/users/me" },
    ["api_operation_unknown", undefined, "There is no operation DELETE /users/me. /users/me has GET"],
  ],
  [
    { method: "GET", path: "/nowhere/at/all/here/or/there" },
    ["api_operation_unknown", undefined, "There is no operation GET /nowhere/at/all/here/or/there"],
  ],
  [
    { method: "GET", path: "/repos/o/r/issues", query: { stat: "open" } },
    [
      "api_request_invalid",
      "query.stat",
      "query.stat is not a query parameter of GET /repos/{owner}/{repo}/issues: it has state",
    ],
  ],
  [
    { method: "GET", path: "/user", headers: { Authorization: "Bearer x" } },
    [
      "api_request_invalid",
      "headers.Authorization",
      "headers.Authorization is not a header of GET /user: it has none",
    ],
  ],
  [
    { method: "GET", path: "/user?x=1" },
    ["api_request_invalid", "path", "path has a query or a fragment: give it in `query`"],
  ],
  [
    { method: "GET", path: "/user", body: {} },
    ["api_request_invalid", "body", "body is not taken by GET /user"],
  ],
  [
    { method: "GET", path: "/users/%E0%A4%A" },
    ["api_request_invalid", "path", "path is not percent-encoded as it has to be"],
  ],
])("refused: %j", (call, expected) => {
  expect(refusal(call)).toEqual(expected);
});

test("names that the API has and a tool has not are found by the API's", () => {
  const read = readDocument(JSON.stringify(payments));
  const query = { "expand[]": ["source"], created: { gte: 5 } };
  expect(findOperation(read, { method: "GET", path: "/v1/customers", query })).toEqual({
    tool: "GetCustomers",
    arguments: '{"expand":["source"],"created":{"gte":5}}',
  });
});

test("the text that code looks at has what can be used, and nothing for other eyes", () => {
  const spec = JSON.parse(specText(readDocument(JSON.stringify(payments)).spec, () => true)) as Record<
    string,
    Record<string, object>
  >;
  expect(Object.keys(spec["paths"]?.["/v1/customers"] ?? {})).toEqual(["post", "get"]);
  expect(Object.keys(spec["components"] ?? {})).toEqual(["schemas"]);
  expect(spec["components"]?.["schemas"]).toEqual(payments.components.schemas);
});

test("of what a caller may not use, the document shows nothing", () => {
  const schema = (name: string) => ({
    content: { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } },
  });
  const operation = (operationId: string, name: string) => ({
    operationId,
    responses: { "200": { description: "", ...schema(name) } },
  });
  const { spec } = readDocument(
    JSON.stringify({
      openapi: "3.1.0",
      info: { title: "A", version: "1" },
      servers: [{ url: "https://api.example" }],
      paths: {
        "/a": { get: operation("a", "A"), delete: operation("a_gone", "Secret") },
        "/b": { $ref: "#/components/pathItems/b" },
      },
      components: {
        pathItems: { b: { get: operation("b", "Secret") } },
        schemas: {
          A: {
            properties: { next: { $ref: "#/components/schemas/A~1B/properties/x" } },
            discriminator: { propertyName: "kind", mapping: { c: "C" } },
          },
          "A/B": { properties: { x: { type: "string" } } },
          C: { type: "object" },
          Secret: { properties: { of: { $ref: "#/components/schemas/A" } } },
        },
      },
    }),
  );
  const shown = (...open: string[]) =>
    JSON.parse(specText(spec, (tool) => open.includes(tool))) as Record<string, Record<string, object>>;
  expect(shown("a")["paths"]).toEqual({ "/a": { get: operation("a", "A") } });
  expect(Object.keys(shown("a")["components"]?.["schemas"] ?? {})).toEqual(["A", "A/B", "C"]);
  expect(Object.keys(shown("b")["paths"] ?? {})).toEqual(["/b"]);
  expect(Object.keys(shown("b")["components"] ?? {})).toEqual(["schemas"]);
  expect(Object.keys(shown("a", "b", "a_gone")["components"]?.["schemas"] ?? {})).toHaveLength(4);
  expect(shown()).toEqual({ openapi: "3.1.0", info: { title: "A", version: "1" }, paths: {} });
});

test("what a caller may not use is unknown to them, and no other operation takes its place", () => {
  const tellFor = (closed: string, call: ApiCall) => {
    try {
      return findOperation(document, call, (tool) => tool !== closed).tool;
    } catch (error) {
      return isFault(error, "api_operation_unknown") ? error.message : error;
    }
  };
  const me = { method: "GET", path: "/users/me" };
  expect(tellFor("users_me", me)).toBe(
    "There is no operation GET /users/me. Perhaps: GET /users/{username}, GET /user",
  );
  expect(tellFor("users_get", me)).toBe("users_me");
  const named = { method: "GET", path: "/users/{username}", params: { username: "x" } };
  expect(tellFor("users_get", named)).toBe(
    "There is no operation GET /users/{username}. Perhaps: GET /user, GET /users/me",
  );
  expect(tellFor("users_get", { method: "GET", path: "/users/x" })).toBe(
    "There is no operation GET /users/x. Perhaps: GET /user, GET /users/me",
  );
  // Nor does another method tell of it.
  expect(tellFor("users_me", { method: "DELETE", path: "/users/me" })).toBe(
    "There is no operation DELETE /users/me. /users/{username} has GET",
  );
  for (const method of ["TRACE", "CONNECT", "get ", "__proto__", "GET\r\nX: y"])
    expect(tellFor("", { method, path: "/user" })).toMatch(/^There is no operation /);
  for (const path of [
    "/users/%2e%2e",
    "/users/%252e%252e%252fuser",
    "//user",
    "/user/",
    "/users/../user",
    "https://evil.example/user",
  ])
    expect(["users_get", expect.stringMatching(/^There is no operation /)]).toContainEqual(
      tellFor("", { method: "GET", path }),
    );
});

test("what a request may have meant is told with the error, of what its caller may use", () => {
  const tellFor = (call: ApiCall, open: (tool: string) => boolean = () => true) => {
    try {
      return findOperation(document, call, open).tool;
    } catch (error) {
      return isFault(error) ? error.message : error;
    }
  };
  const asked = { method: "GET", path: "/repo/o/r/issue" };
  const all =
    "GET /repos/{owner}/{repo}/issues, PATCH /repos/{owner}/{repo}/issues/{number}, GET /repos/{owner}/{repo}";
  expect(tellFor(asked)).toBe(`There is no operation GET /repo/o/r/issue. Perhaps: ${all}`);
  expect(tellFor(asked, (tool) => !tool.startsWith("issues"))).toBe(
    "There is no operation GET /repo/o/r/issue. Perhaps: GET /repos/{owner}/{repo}, GET /repos/{owner}/{repo}/compare/{base}...{head}",
  );
  expect(tellFor(asked, () => false)).toBe("There is no operation GET /repo/o/r/issue");
});

test("each of 2,500 operations is found by its path", () => {
  const large = readDocument(largeDocument());
  for (const { method, path, tool } of large.operations) {
    const written = path.replaceAll(/\{\w+\}/g, "abc");
    expect(findOperation(large, { method, path: written }).tool).toBe(tool.name);
  }
});

test("a server without a document has no operations", async () => {
  const isOpen = () => true;
  const documents = createCodeDocuments({ documentOf: (id) => (id === "srv_1" ? document : undefined) });
  expect(await documents.spec("srv_1", isOpen)).toEqual({ text: specText(document.spec, isOpen) });
  expect(await documents.spec("srv_2", isOpen)).toBe(undefined);
  expect(await documents.operationOf("srv_1", { method: "GET", path: "/user" }, isOpen)).toEqual({
    tool: "users_get-authenticated",
    arguments: "{}",
  });
  const refused = await documents
    .operationOf("srv_2", { method: "GET", path: "/user" }, isOpen)
    .catch((error: unknown) => error);
  expect(isFault(refused, "api_operation_unknown")).toBe(true);
});
