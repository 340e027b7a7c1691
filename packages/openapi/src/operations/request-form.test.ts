/** What is reviewed of an operation is its definition: it holds all that decides what is sent. */
import { canonicalJson } from "@castellan/calls";
import { expect, test } from "vitest";
import { readDocument } from "../document/read-document.ts";
import { requestMetaKey } from "./request-form.ts";

const ok = { "200": { description: "", content: { "application/json": {}, "application/xml": {} } } };
const text = { schema: { type: "string" } };
const search = {
  operationId: "search",
  parameters: [
    { name: "id", in: "path", required: true, ...text },
    { name: "q", in: "query", ...text },
    { name: "tags", in: "query", schema: { type: "array", items: { type: "string" } } },
  ],
  requestBody: {
    content: {
      "multipart/form-data": {
        schema: { type: "object", properties: { a: {}, file: { type: "string", format: "binary" } } },
      },
    },
  },
  responses: ok,
};
type Search = typeof search;

function documentOf(
  operation: object,
  { method = "post", path = "/things/{id}", ...rest }: Record<string, unknown> = {},
) {
  return JSON.stringify({
    openapi: "3.1.0",
    info: { title: "t", version: "1" },
    servers: [{ url: "https://api.example/v1" }],
    paths: { [String(path)]: { [String(method)]: operation } },
    ...rest,
  });
}

/** The definition that a review compares, whatever the order of its keys. */
function definition(document: string): string {
  const { operations } = readDocument(document);
  return canonicalJson(operations.find(({ tool }) => tool.name === "search")?.tool.text ?? "{}");
}

function parameters(change: (parameter: Record<string, unknown>) => object): Search {
  return { ...search, parameters: search.parameters.map(change) as never };
}

const only = (name: string, more: object) => (one: Record<string, unknown>) =>
  one["name"] === name ? { ...one, ...more } : one;

const body = (content: object) => ({ ...search, requestBody: { content } });
const multipart = search.requestBody.content["multipart/form-data"];

test.for<[string, string]>([
  ["the method", documentOf(search, { method: "delete" })],
  ["the path", documentOf(search, { path: "/others/{id}" })],
  ["the server of the operation", documentOf({ ...search, servers: [{ url: "/v2" }] })],
  ["the place of an argument", documentOf(parameters(only("q", { in: "header" })))],
  ["the style of an argument", documentOf(parameters(only("tags", { style: "pipeDelimited" })))],
  ["whether it is one value or several", documentOf(parameters(only("tags", { explode: false })))],
  ["whether what is reserved stays", documentOf(parameters(only("q", { allowReserved: true })))],
  [
    "an argument as JSON",
    documentOf(parameters(only("q", { schema: undefined, content: { "application/json": text } }))),
  ],
  ["the name under which it is sent", documentOf(parameters(only("q", { name: "q " })))],
  ["the content type of the body", documentOf(body({ "application/x-www-form-urlencoded": multipart }))],
  [
    "the encoding of a member",
    documentOf(
      body({ "multipart/form-data": { ...multipart, encoding: { a: { contentType: "application/json" } } } }),
    ),
  ],
  [
    "what is asked for",
    documentOf({ ...search, responses: { "200": { description: "", content: { "text/csv": {} } } } }),
  ],
  [
    "where keys are put",
    documentOf(search, {
      components: { securitySchemes: { team: { type: "apiKey", in: "query", name: "X-Team" } } },
    }),
  ],
])("%s is a part of the definition", ([, changed]) => {
  expect(definition(changed)).not.toBe("{}");
  expect(definition(changed)).not.toBe(definition(documentOf(search)));
});

test("what is written otherwise and means the same is the same definition", () => {
  const explicit = parameters((one) => ({
    style: one["in"] === "path" ? "simple" : "form",
    explode: one["in"] !== "path",
    ...one,
  }));
  expect(definition(documentOf(explicit))).toBe(definition(documentOf(search)));
});

test("of an operation with more arguments than can be told in words the hash is told, and each counts", () => {
  const many = (place: string) =>
    documentOf({
      ...search,
      parameters: [
        ...search.parameters,
        ...Array.from({ length: 200 }, (_, at) => ({
          name: `filter-${at}`,
          in: at === 199 ? place : "query",
          ...text,
        })),
      ],
    });
  const tool = JSON.parse(definition(many("query"))) as { _meta: object };
  expect(tool._meta).toEqual({
    [requestMetaKey]: { request: "POST /things/{id}", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect(definition(many("header"))).not.toBe(definition(many("query")));
});

test("the order of keys and the spaces of a document change no definition", () => {
  const schemas = {
    Thing: { type: "object", properties: { id: {}, of: { $ref: "#/components/schemas/Owner" } } },
    Owner: {
      type: "object",
      properties: { things: { type: "array", items: { $ref: "#/components/schemas/Thing" } } },
    },
  };
  const answer = { schema: { $ref: "#/components/schemas/Thing" } };
  const get = {
    operationId: "search",
    responses: { "200": { description: "", content: { "application/json": answer } } },
  };
  const document = JSON.parse(
    documentOf({
      ...search,
      responses: {
        ...ok,
        "201": { description: "", content: { "text/csv": {}, "application/vnd.a+json": {} } },
      },
      requestBody: {
        content: { "application/b+json": answer, "application/a+json": answer, "text/plain": {} },
      },
    }),
  ) as { paths: object };
  const whole = {
    ...document,
    components: { schemas },
    paths: { ...document.paths, "/a": { get, put: get }, "/z": { get } },
  };
  const definitions = (text: string) =>
    readDocument(text)
      .operations.map(({ tool }) => canonicalJson(tool.text))
      .toSorted();
  expect(definitions(JSON.stringify(reversed(whole), null, 2))).toEqual(definitions(JSON.stringify(whole)));
  expect(definitions(JSON.stringify(whole)).length).toBe(4);
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, reversed(inner)] as const);
  return Object.fromEntries(entries.toReversed());
}
