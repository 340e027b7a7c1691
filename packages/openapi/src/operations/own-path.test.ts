import { expect, test } from "vitest";
import { readDocument } from "../document/read-document.ts";
import { buildRequest } from "../requests/build-request.ts";
import { isFault } from "@castellan/kernel";

const paths = [
  "/users/{id}",
  "/users/me",
  "/users/{id}/keys",
  "/reports/{id}",
  "/reports/{id}.json",
  "/{area}/settings",
  "/files/{path}",
  "/slashed/{id}/",
  "/tags/{tag}",
  "/Tags/Top%20ten",
  "/only/me",
];

const document = readDocument(
  JSON.stringify({
    openapi: "3.1.0",
    info: { title: "A", version: "1" },
    servers: [{ url: "https://api.example/v1" }],
    paths: Object.fromEntries(
      paths.map((path) => [
        path,
        {
          parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
            name,
            in: "path",
            required: true,
            schema: {},
          })),
          [path === "/only/me" ? "delete" : "get"]: { operationId: path },
        },
      ]),
    ),
  }),
);

/** The path that is asked for; or whose it would be. */
function asked(path: string, value: unknown): string {
  const operation = document.operations.find((one) => one.path === path);
  if (!operation) throw new Error("No operation");
  const [name = ""] = operation.parameters.map(({ argument }) => argument);
  try {
    return buildRequest(operation, JSON.stringify({ [name]: value }), {
      operations: document.operations,
      url: new URL("https://api.example/v1"),
      headers: {},
      apiKeys: [],
      userAgent: "castellan/1",
      maxBodyBytes: 100,
    }).path;
  } catch (error) {
    if (isFault(error, "api_request_invalid")) return error.message;
    throw error;
  }
}

const another = (path: string) => `The path would be that of another operation: GET ${path}`;

test.each([
  ["/users/{id}", "me", "/users/me"],
  // For readers that know no capitals, or take `%2F` for a slash.
  ["/users/{id}", "ME", "/users/me"],
  ["/users/{id}", "me/", "/users/me"],
  ["/users/{id}", "7/keys", "/users/{id}/keys"],
  ["/users/{id}", "7\\keys", "/users/{id}/keys"],
  ["/users/{id}", ["me"], "/users/me"],
  ["/users/{id}", "settings", "/{area}/settings"],
  ["/{area}/settings", "users", "/users/{id}"],
  ["/reports/{id}", "7.json", "/reports/{id}.json"],
  ["/tags/{tag}", "top ten", "/Tags/Top%20ten"],
])("a value makes of %s with %j no other operation", (path, value, other) => {
  expect(asked(path, value)).toBe(another(other));
});

test.each([
  ["/users/{id}", "you", "/v1/users/you"],
  ["/users/{id}", "me.", "/v1/users/me."],
  ["/users/me", undefined, "/v1/users/me"],
  ["/files/{path}", "src/index.ts", "/v1/files/src%2Findex.ts"],
  ["/reports/{id}.json", "7", "/v1/reports/7.json"],
  ["/slashed/{id}/", "7", "/v1/slashed/7/"],
])("%s with %j is what it is", (path, value, expected) => {
  expect(asked(path, value)).toBe(expected);
});
