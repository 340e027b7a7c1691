import { isFault } from "@castellan/kernel";
import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { payments, petStore } from "../testing-documents.ts";
import { largeDocument } from "../testing.ts";
import { specText } from "../spec/spec-text.ts";
import { readDocument, type ReadDocumentOptions } from "./read-document.ts";

/** What the document is refused with. */
function refusal(document: unknown, options?: ReadDocumentOptions) {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  try {
    readDocument(text, options);
  } catch (error) {
    if (!isFault(error)) throw error;
    return { code: error.code, problems: error.data?.["problems"], field: error.field };
  }
  throw new Error("It was not refused");
}

const answer = { responses: { "200": { description: "" } } };
const least = { openapi: "3.1.0", info: { title: "A", version: "1" }, paths: { "/a": { get: answer } } };

/** The definition of one tool of a document, parsed. */
function toolOf(document: string | object, name: string): Record<string, unknown> {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  const found = readDocument(text).operations.find(({ tool }) => tool.name === name);
  if (!found) throw new Error(`There is no ${name}`);
  return JSON.parse(found.tool.text) as Record<string, unknown>;
}

test("YAML and JSON are read alike, and what cannot be used is told", () => {
  const document = readDocument(petStore);
  expect(document.baseUrl?.href).toBe("https://eu.pets.example/v2");
  expect(document.operations.map(({ method, path, tool }) => [method, path, tool.name])).toEqual([
    ["GET", "/pets", "listPets"],
    ["POST", "/pets", "createPet"],
    ["GET", "/pets/{petId}", "showPetById"],
    ["DELETE", "/pets/{petId}", "delete_pets_petId"],
  ]);
  expect(document.skipped).toEqual([
    {
      method: "POST",
      path: "/pets/{petId}/photo",
      reason: "takes a body only in content types that cannot be written: multipart/related",
    },
    { method: "GET", path: "/elsewhere", reason: "is at another server (https://files.example)" },
  ]);
});

test("an operation is a tool with a schema that stands alone", () => {
  expect(toolOf(petStore, "createPet")).toEqual({
    name: "createPet",
    title: "Create a pet",
    description: "Create a pet\n\nPOST /pets",
    inputSchema: {
      type: "object",
      properties: { body: { $ref: "#/$defs/Pet" } },
      required: ["body"],
      additionalProperties: false,
      $defs: {
        Pet: {
          type: "object",
          required: ["name"],
          properties: {
            name: { type: "string" },
            tag: { type: ["string", "null"] },
            parent: { $ref: "#/$defs/Pet" },
          },
        },
      },
    },
    outputSchema: {
      type: "object",
      properties: {
        id: { type: ["number", "null"], format: "int64" },
        name: { type: ["string", "null"] },
        tag: { type: ["string", "null"] },
        parent: { $ref: "#/$defs/Pet" },
      },
      $defs: {
        Pet: {
          type: ["object", "null"],
          properties: {
            id: { type: ["number", "null"], format: "int64" },
            name: { type: ["string", "null"] },
            tag: { type: ["string", "null"] },
            parent: { $ref: "#/$defs/Pet" },
          },
        },
      },
    },
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    _meta: { "dev.castellan/request": { request: "POST /pets", body: { json: "application/json" } } },
  });
  expect(toolOf(petStore, "listPets")["inputSchema"]).toEqual({
    type: "object",
    properties: {
      limit: { type: "integer", exclusiveMinimum: 0 },
      tags: { type: "array", items: { type: "string" } },
    },
    additionalProperties: false,
  });
  expect(toolOf(petStore, "delete_pets_petId")).toEqual({
    name: "delete_pets_petId",
    description: "DELETE /pets/{petId}",
    inputSchema: {
      type: "object",
      properties: { petId: { type: "integer", format: "int64", description: "Which one" } },
      required: ["petId"],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
    _meta: {
      "dev.castellan/request": { request: "DELETE /pets/{petId}", arguments: { petId: "path" } },
    },
  });
});

test("a body that is bytes is given in Base64, and what cannot be given is told to who calls", () => {
  const read = (requestBody: object, method = "post") => {
    const paths = { "/a": { [method]: { operationId: "a", requestBody, ...answer } } };
    const { operations } = readDocument(JSON.stringify({ ...least, openapi: "3.0.0", paths }));
    const tool = JSON.parse(operations[0]?.tool.text ?? "{}") as Record<string, Record<string, unknown>>;
    return [tool["inputSchema"]?.["properties"], tool["description"]];
  };
  const bytes = { schema: { type: "string", format: "binary" } };
  const given = (contentMediaType: string) => ({
    type: "string",
    contentEncoding: "base64",
    contentMediaType,
  });
  expect(read({ content: { "application/zip": bytes, "image/*": {} } })).toEqual([
    { body: given("application/zip") },
    "POST /a",
  ]);
  const xml = { schema: { type: "object", properties: { a: {} } } };
  expect(read({ content: { "application/xml": xml } })).toEqual([
    { body: { type: "string", contentMediaType: "application/xml" } },
    "POST /a",
  ]);
  expect(read({ content: { "image/*": bytes, "multipart/mixed": {} } })).toEqual([
    {},
    "Its body cannot be sent, which is of image/*, multipart/mixed.\n\nPOST /a",
  ]);
  expect(read({ content: { "application/json": {} } }, "get")).toEqual([
    {},
    "Its body cannot be sent, since it is a GET.\n\nGET /a",
  ]);
  const form = { type: "object", properties: { name: { type: "string" }, photo: bytes.schema } };
  expect(read({ content: { "multipart/form-data": { schema: form } } })).toEqual([
    { body: { type: "object", properties: { name: { type: "string" } } } },
    "Files cannot be sent: photo.\n\nPOST /a",
  ]);
});

test("names of arguments are such as every client takes; credentials are no arguments", () => {
  expect(toolOf(payments, "GetCustomers")["inputSchema"]).toEqual({
    type: "object",
    properties: {
      created: { type: "object", properties: { gte: { type: "integer" }, lt: { type: "integer" } } },
      expand: { type: "array", items: { type: "string" } },
    },
    additionalProperties: false,
  });
});

test("operations of one name are told apart by what they are, wherever they stand", () => {
  const operation = { operationId: "a b!", ...answer };
  const nameOf = (paths: object) =>
    Object.fromEntries(
      readDocument(JSON.stringify({ ...least, paths })).operations.map(({ path, tool }) => [path, tool.name]),
    );
  const two = nameOf({ "/x": { get: operation }, "/z": { get: operation } });
  const three = nameOf({ "/x": { get: operation }, "/y": { get: operation }, "/z": { get: operation } });
  expect([two["/x"], three["/x"]]).toEqual(["a_b", "a_b"]);
  expect(three["/z"]).toBe(two["/z"]);
  expect(new Set(Object.values(three)).size).toBe(3);
});

test("all problems are told at once, each with its place", () => {
  expect(
    refusal({
      openapi: "3.0.1",
      info: { title: 7 },
      servers: {},
      paths: { "/a": [], "/b": { get: { parameters: [{ $ref: "other.yaml#/p" }], ...answer } } },
    }),
  ).toEqual({
    code: "document_invalid",
    field: "/info/title",
    problems: [
      { place: "/info/title", problem: "has to be a text" },
      { place: "/info/version", problem: "has to be a text" },
      { place: "/paths/~1a", problem: "has to be an object" },
      { place: "/servers", problem: "has to be a list" },
      {
        place: "/paths/~1b/get/parameters/0/$ref",
        problem: 'names another document ("other.yaml#/p"), which is not fetched: bundle them into one first',
      },
    ],
  });
});

test.each([
  ["Swagger 2", { swagger: "2.0", info: {}, paths: {} }, "/swagger"],
  ["no version", { info: {}, paths: {} }, "/openapi"],
  ["OpenAPI 4", { ...least, openapi: "4.0.0" }, "/openapi"],
  ["no operation", { ...least, paths: {} }, "/paths"],
  ["a list", [], ""],
  ["no JSON", '{"openapi": ', ""],
  ["a key twice", '{"openapi":"3.1.0","openapi":"3.0.0"}', ""],
  ["a key twice in YAML", "openapi: 3.1.0\nopenapi: 3.0.0", ""],
  ["a prototype", '{"openapi":"3.1.0","__proto__":{}}', ""],
  ["a prototype in YAML", "openapi: 3.1.0\n__proto__: {}", "/__proto__"],
  ["a tag", "openapi: !!js/function x", ""],
  ["depth", `{"a":${"[".repeat(200)}${"]".repeat(200)}}`, ""],
  ["depth of YAML", `a: ${"[".repeat(100_000)}`, ""],
  ["an alias inside of what it stands for", "openapi: &a [*a]", undefined],
  ["infinity", "openapi: .inf", "/openapi"],
])("refused: %s", (_name, document, place) => {
  const { code, problems } = refusal(document);
  expect(code).toBe("document_invalid");
  if (place !== undefined) expect((problems as { place: string }[])[0]?.place).toBe(place);
});

test("a few lines that stand for billions of values are refused soon", () => {
  const lines = Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(9)}*a${n}]`);
  expect(refusal(["a0: &a0 x", ...lines].join("\n"))).toEqual({
    code: "document_invalid",
    problems: [{ place: "", problem: "stands for more than 2000000 values" }],
    field: undefined,
  });
});

test("a document that is too large is not read", () => {
  expect(refusal({ ...least, x: "ä".repeat(500) }, { maxBytes: 1_000 }).code).toBe("document_too_large");
});

test("a reference that cannot be followed costs its operation, not the document", () => {
  const parameter = ($ref: string) => ({ get: { parameters: [{ $ref }], ...answer } });
  const document = readDocument(
    JSON.stringify({
      ...least,
      paths: {
        "/ok": { get: answer },
        "/nothing": parameter("#/components/parameters/none"),
        "/circle": parameter("#/components/parameters/a"),
        "/prototype": parameter("#/constructor/prototype"),
        "/schema": {
          get: { parameters: [{ name: "q", in: "query", schema: { $ref: "#/nowhere" } }], ...answer },
        },
        "/missing/{id}": { get: answer },
        "/up/../x": { get: answer },
        "/both/{a}{b}": { get: answer },
        "/q?x=1": { get: answer },
      },
      components: {
        parameters: { a: { $ref: "#/components/parameters/b" }, b: { $ref: "#/components/parameters/a" } },
      },
    }),
  );
  expect(document.operations.map(({ path }) => path)).toEqual(["/ok"]);
  expect(Object.fromEntries(document.skipped.map(({ path, reason }) => [path, reason]))).toEqual({
    "/nothing": 'has a $ref to nothing: "#/components/parameters/none"',
    "/circle": "has a $ref that leads round in a circle",
    "/prototype": 'has a $ref to nothing: "#/constructor/prototype"',
    "/schema": 'has a $ref to nothing: "#/nowhere"',
    "/missing/{id}": 'does not say what the parameter "id" of its path is',
    "/up/../x": "has a path that leads upwards",
    "/both/{a}{b}": "has two parameters in its path with nothing between them",
    "/q?x=1": "has a path with a query or a fragment in it",
  });
});

test("schemas that lead round in a circle of any form are kept apart", () => {
  const schemas = {
    A: { type: "object", properties: { b: { $ref: "#/components/schemas/B" } } },
    B: { allOf: [{ $ref: "#/components/schemas/C" }] },
    C: {
      type: "object",
      properties: { a: { $ref: "#/components/schemas/A" }, self: { $ref: "#/components/schemas/C" } },
    },
    D: { $ref: "#/components/schemas/D" },
  };
  const body = (name: string) => ({
    post: {
      operationId: name,
      requestBody: { content: { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } } },
      ...answer,
    },
  });
  const paths = { "/a": body("A"), "/c": body("C"), "/d": body("D") };
  const document = { ...least, paths, components: { schemas } };
  const expected = {
    A: { type: "object", properties: { b: { $ref: "#/$defs/B" } } },
    B: { allOf: [{ $ref: "#/$defs/C" }] },
    C: { type: "object", properties: { a: { $ref: "#/$defs/A" }, self: { $ref: "#/$defs/C" } } },
  };
  const defs = (name: string) => (toolOf(document, name)["inputSchema"] as { $defs: object }).$defs;
  expect(defs("A")).toEqual(expected);
  expect(defs("C")).toEqual(expected);
  expect(defs("D")).toEqual({ D: { $ref: "#/$defs/D" } });
});

test("a chain of references may be as long as a document", () => {
  const schemas = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, n) => [
      `S${n}`,
      { properties: { a: { $ref: `#/components/schemas/S${n + 1}` } } },
    ]),
  );
  const post = (name: string) => {
    const schema = { $ref: `#/components/schemas/${name}` };
    return {
      post: { operationId: name, requestBody: { content: { "application/json": { schema } } }, ...answer },
    };
  };
  const document = { ...least, paths: { "/a": post("S0"), "/b": post("S19999") } };
  const ending = (S20000: unknown) => ({ ...document, components: { schemas: { ...schemas, S20000 } } });
  expect(JSON.stringify(toolOf(ending({ type: "string" }), "S0")).length).toBeLessThan(60_000);
  expect(refusal(ending(undefined)).problems).toEqual([
    { place: "/paths", problem: "has no operation that can be used" },
    { place: "/paths/~1a/post", problem: 'has a $ref to nothing: "#/components/schemas/S20000"' },
    { place: "/paths/~1b/post", problem: 'has a $ref to nothing: "#/components/schemas/S20000"' },
  ]);
});

test("schemas that double with each level stay small", () => {
  const schemas = Object.fromEntries(
    Array.from({ length: 60 }, (_, n) => {
      const next = { $ref: `#/components/schemas/S${n + 1}` };
      return [`S${n}`, { type: "object", properties: { a: next, b: next } }];
    }),
  );
  const schema = { $ref: "#/components/schemas/S0" };
  const document = {
    ...least,
    paths: {
      "/a": {
        post: { operationId: "a", requestBody: { content: { "application/json": { schema } } }, ...answer },
      },
    },
    components: { schemas: { ...schemas, S60: { type: "string" } } },
  };
  expect(JSON.stringify(toolOf(document, "a")).length).toBeLessThan(60_000);
});

test("2,500 operations are read, and listed within what a list may have", () => {
  const { operations, skipped } = readDocument(largeDocument());
  expect([operations.length, skipped]).toEqual([2_500, []]);
  expect(new Set(operations.map(({ tool }) => tool.name)).size).toBe(2_500);
  expect(operations.reduce((sum, { tool }) => sum + tool.text.length, 0)).toBeLessThan(7 * 1024 * 1024);
});

test("whatever a document holds, it is read or refused with a fault, and each tool is a definition", () => {
  const $ref = fc.constantFrom(
    "#/components/schemas/A",
    "#/components/schemas/B",
    "#/paths",
    "#",
    "#/x/y",
    "#%",
    "#/%ZZ",
  );
  const { schema } = fc.letrec((tie) => ({
    schema: fc.oneof(
      { depthSize: "small" },
      fc.jsonValue({ maxDepth: 2 }),
      fc.record({ $ref }),
      fc.dictionary(
        fc.constantFrom(
          "type",
          "properties",
          "items",
          "allOf",
          "required",
          "enum",
          "nullable",
          "pattern",
          "$ref",
          "constructor",
        ),
        tie("schema"),
        { maxKeys: 4 },
      ),
      fc.array(tie("schema"), { maxLength: 3 }),
    ),
  }));
  const parameter = fc.record(
    {
      name: fc.oneof(
        fc.string({ unit: codePoint }),
        fc.constantFrom("id", "body", "constructor", "Host", "x"),
      ),
      in: fc.constantFrom("path", "query", "header", "cookie", "body"),
      required: fc.boolean(),
      style: fc.constantFrom("form", "simple", "deepObject", "odd"),
      schema,
    },
    { requiredKeys: ["name", "in"] },
  );
  const operation = fc.record(
    {
      operationId: fc.oneof(
        fc.string({ unit: codePoint }),
        fc.constantFrom("a", "__proto__", "x".repeat(99)),
      ),
      summary: fc.oneof(fc.string({ unit: codePoint }), fc.jsonValue()),
      parameters: fc.oneof(fc.array(parameter, { maxLength: 4 }), fc.jsonValue()),
      requestBody: fc.oneof(
        fc.record({
          content: fc.dictionary(
            fc.constantFrom("application/json", "multipart/form-data", "x"),
            fc.record({ schema }),
          ),
        }),
        schema,
      ),
      responses: fc.oneof(
        fc.record({ 200: fc.record({ content: fc.record({ "application/json": fc.record({ schema }) }) }) }),
        schema,
      ),
      servers: fc.oneof(fc.jsonValue(), fc.array(fc.record({ url: fc.webUrl() }))),
    },
    { requiredKeys: [] },
  );
  const paths = fc.dictionary(
    fc.oneof(
      fc.constantFrom("/a", "/a/{id}", "/{x}.{id}"),
      fc.string({ unit: codePoint }).map((text) => `/${text}`),
    ),
    fc.oneof(
      fc.dictionary(fc.constantFrom("get", "post", "delete", "parameters"), operation),
      fc.record({ $ref }),
    ),
    { maxKeys: 4 },
  );
  const document = fc.record({
    paths,
    schemas: fc.record({ A: schema, B: schema }),
    version: fc.constantFrom("3.0.3", "3.1.1"),
  });
  fc.assert(
    fc.property(document, ({ paths: given, schemas, version }) => {
      const text = JSON.stringify({ ...least, openapi: version, paths: given, components: { schemas } });
      let read;
      try {
        read = readDocument(text);
      } catch (error) {
        expect(isFault(error, "document_invalid")).toBe(true);
        return;
      }
      const names = read.operations.map(({ tool }) => tool.name);
      expect(new Set(names).size).toBe(names.length);
      for (const { tool } of read.operations) {
        expect(tool.name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
        expect(JSON.parse(tool.text)).toMatchObject({ name: tool.name, inputSchema: { type: "object" } });
      }
      expect(JSON.parse(specText(read.spec, () => true))).toMatchObject({ openapi: version });
    }),
    { numRuns: 250 },
  );
});

test("where an operation is at another path of the origin is a part of its definition", () => {
  const at = (url: string, baseUrl?: string) => {
    const document = { ...least, servers: [{ url: "https://api.example/v1/" }] };
    const operation = { get: { operationId: "list", ...answer, servers: [{ url }] } };
    const text = JSON.stringify({ ...document, paths: { "/a": operation } });
    const [found] = readDocument(text, baseUrl === undefined ? {} : { baseUrl: new URL(baseUrl) }).operations;
    return found && [found.basePath, (JSON.parse(found.tool.text) as { description: string }).description];
  };
  expect(at("https://api.example/v1")).toEqual([undefined, "GET /a"]);
  expect(at("/admin")).toEqual(["/admin", "GET /a (below /admin)"]);
  // Whoever runs an API of their own has it at another address than its document says.
  expect(at("https://api.example/v1", "http://own.example/api")).toEqual([undefined, "GET /a"]);
  expect(at("https://api.example/admin", "http://own.example/api")).toEqual([
    "/admin",
    "GET /a (below /admin)",
  ]);
  expect(at("//api.example/v1", "http://own.example/api")).toEqual([undefined, "GET /a"]);
  expect(() => at("https://files.example/v1", "http://own.example/api")).toThrow(
    "is at another server (https://files.example)",
  );
});

test("no document moves what an account is called with into an address", () => {
  const securitySchemes = {
    a: { type: "apiKey", in: "query", name: "Authorization" },
    b: { type: "apiKey", in: "query", name: "Cookie" },
    c: { type: "apiKey", in: "query", name: "key" },
  };
  const document = { ...least, paths: { "/a": { get: answer } }, components: { securitySchemes } };
  expect(readDocument(JSON.stringify(document)).apiKeys).toEqual([{ in: "query", name: "key" }]);
});
