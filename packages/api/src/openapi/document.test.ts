import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { z } from "zod";
import { defineRoute, takesIfMatch, type Route } from "../route.ts";
import { routes } from "../routes.ts";
import { createDocument, type DocumentedResponse } from "./document.ts";
import type { JsonSchema } from "./schemas.ts";

const document = createDocument(routes, "1.2.3");

test("the document is OpenAPI 3.1", async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});

test("every reference leads somewhere", () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path);
  const lost = references.filter((path = "") => {
    let place: unknown = document;
    for (const part of path.split("/")) place = (place as Record<string, unknown> | undefined)?.[part];
    return place === undefined;
  });
  expect(lost).toEqual([]);
});

test("every operation is in it, under a name of its own", () => {
  const told = Object.values(document.paths).flatMap((path) => Object.values(path));
  expect(told.map(({ operationId }) => operationId).toSorted()).toEqual(
    routes.map(({ id }) => id).toSorted(),
  );
  expect(new Set(routes.map(({ id }) => id)).size).toBe(routes.length);
  for (const { id } of routes) expect(id).toMatch(/^[a-z]+(?:[A-Z][a-z]+)+$/);
});

test("what has a version tells it as its ETag, and is changed under If-Match", () => {
  const isNumbered = ({ $ref, ...schema }: JsonSchema): boolean => {
    const { properties } =
      $ref === undefined ? schema : (document.components.schemas[$ref.split("/").at(-1) ?? ""] ?? {});
    return ["number", "integer"].includes(String(properties?.["version"]?.type));
  };
  const versioned = new Set<string>();
  for (const [path, operations] of Object.entries(document.paths))
    for (const [method, { operationId, responses }] of Object.entries(operations)) {
      const good = responses["200"] ?? responses["201"] ?? {};
      const { content, headers = {} } = good as DocumentedResponse;
      const schema = content?.["application/json"]?.schema ?? {};
      expect([operationId, "ETag" in headers]).toEqual([operationId, isNumbered(schema)]);
      if (method === "get" && isNumbered(schema)) versioned.add(path);
    }
  expect([...versioned].toSorted()).toEqual([
    "/clients/{id}",
    "/evaluators/{slug}",
    "/groups/{id}",
    "/policies/{name}",
    "/portals/{slug}",
    "/providers/{slug}",
    "/servers/{slug}",
    "/tokens/{id}",
    "/trusted-issuers/{slug}",
    "/users/{id}",
    "/webhooks/{name}",
  ]);
  // They hang on the resource, and are no part of what its version is of.
  const apart = new Set([
    "/groups/{id}/members/{user}",
    "/servers/{slug}/accounts/{id}",
    "/users/{id}/invitations",
  ]);
  for (const route of routes) {
    const isChange = ["PUT", "PATCH", "DELETE"].includes(route.method);
    const isOfVersioned =
      !apart.has(route.path) && [...versioned].some((path) => route.path.startsWith(path));
    expect([route.id, takesIfMatch(route)]).toEqual([route.id, isChange && isOfVersioned]);
  }
});

const thing = z.object({ version: z.number(), at: z.iso.datetime() }).meta({ id: "Thing" });

const changeThing = defineRoute({
  id: "changeThing",
  method: "PATCH",
  path: "/things/{name}",
  summary: "Change a thing",
  permission: "manage",
  errors: ["server_unknown"],
  isVersioned: true,
  params: z.strictObject({ name: z.string() }),
  query: z.strictObject({ depth: z.enum(["one", "all"]).optional() }),
  body: z.strictObject({ size: z.number().default(3), at: z.iso.datetime({ offset: true }).optional() }),
  answer: thing,
  handler: () => Promise.reject(new Error("is not called")),
});

test("what a route says is told: parameters, body, answer, and each failure under its status", () => {
  const { paths, components } = createDocument([changeThing], "1");
  const operation = paths["/things/{name}"]?.["patch"];
  expect(operation).toMatchObject({
    operationId: "changeThing",
    tags: ["things"],
    parameters: [
      { name: "name", in: "path", required: true, schema: { type: "string" } },
      { name: "depth", in: "query", schema: { type: "string", enum: ["one", "all"] } },
      { name: "If-Match", in: "header" },
    ],
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: {
            type: "object",
            properties: { size: { type: "number", default: 3 }, at: { type: "string", format: "date-time" } },
            additionalProperties: false,
          },
        },
      },
    },
    responses: {
      200: {
        headers: { ETag: { required: true } },
        content: { "application/json": { schema: { $ref: "#/components/schemas/Thing" } } },
      },
    },
  });
  expect(components.schemas["Thing"]).toEqual({
    type: "object",
    properties: { version: { type: "number" }, at: { type: "string", format: "date-time" } },
    required: ["version", "at"],
  });
  expect(codesOf(operation?.responses)).toEqual({
    400: ["invalid_input", "json_ambiguous", "json_malformed", "json_too_deep"],
    401: ["token_expired", "token_invalid", "token_missing"],
    403: ["permission_required"],
    404: ["server_unknown"],
    412: ["version_stale"],
    413: ["body_too_large"],
    415: ["content_encoding_unsupported", "media_type_unsupported"],
  });
});

test("a code that no catalog has, and a name that means two things, are defects", () => {
  const wrong = (change: Partial<Route>) => () =>
    createDocument([changeThing, { ...changeThing, ...change }], "1");
  expect(wrong({ errors: ["no_such_code"] })).toThrow('No catalog of faults has the code "no_such_code"');
  const other = z.object({ colour: z.string() });
  const clash = other.meta({ id: "Thing" });
  expect(wrong({ path: "/others", answer: clash })).toThrow('Two schemas are named "Thing"');
});

function codesOf(responses: object | undefined) {
  return Object.fromEntries(
    Object.entries(
      (responses ?? {}) as Record<string, { content?: Record<string, { schema: { allOf?: object[] } }> }>,
    )
      .map(
        ([status, { content }]) =>
          [status, content?.["application/problem+json"]?.schema.allOf?.[1]] as const,
      )
      .filter(([, schema]) => schema !== undefined)
      .map(([status, schema]) => [
        status,
        (schema as { properties: { code: { enum: string[] } } }).properties.code.enum,
      ]),
  );
}
