/** For tests of other packages: documents, deterministic, and what reads them. */
import type { ApiDocuments } from "./api-documents.ts";
import { readGiven } from "./refresh/document-reader.ts";
import { createDocumentThreads } from "./threads/document-threads.ts";

/** Reads texts as `ApiDocuments` does, and keeps none. */
export function openDocumentReader(): Pick<ApiDocuments, "readText"> & AsyncDisposable {
  const threads = createDocumentThreads();
  return {
    readText: (text, how) => readGiven(threads, text, how),
    [Symbol.asyncDispose]: () => threads[Symbol.asyncDispose](),
  };
}

export interface LargeDocumentOptions {
  /** Default 2,500. */
  readonly operations?: number;
  /** Where the API is; default `https://api.example/v1`. */
  readonly url?: string;
}

const nouns = [
  "account",
  "zone",
  "record",
  "rule",
  "certificate",
  "worker",
  "bucket",
  "queue",
  "tunnel",
  "policy",
];
const areas = [
  "billing",
  "network",
  "storage",
  "compute",
  "security",
  "media",
  "mail",
  "data",
  "edge",
  "audit",
];

/**
 * The document of a large API, JSON of OpenAPI 3.0.3: five operations (list, create, get, change, delete) for each of many kinds of
 * things, with shared schemas, a tree that leads back to itself, answers in envelopes. `GET /{area}_{n}/{noun}s` is `list-…`.
 */
export function largeDocument({
  operations = 2_500,
  url = "https://api.example/v1",
}: LargeDocumentOptions = {}): string {
  const paths: Record<string, Record<string, unknown>> = {};
  const schemas: Record<string, unknown> = { ...sharedSchemas };
  for (let left = operations, kind = 0; left > 0; kind += 1) {
    const noun = nouns[kind % nouns.length] ?? "thing";
    const area = `${areas[Math.floor(kind / nouns.length) % areas.length]}_${Math.floor(kind / 100) + 1}`;
    const name = `${area}-${noun}`;
    const [many, one] = [`/${area}/${noun}s`, `/${area}/${noun}s/{${noun}_id}`];
    schemas[name] = thing(name, kind);
    for (const [path, method, operation] of operationsOf(name, noun, { many, one }).slice(0, left))
      (paths[path] ??= {})[method] = operation;
    left -= 5;
  }
  return JSON.stringify({
    openapi: "3.0.3",
    info: { title: "Large API", version: "4.0.0", description: "Everything that a large provider sells." },
    servers: [{ url }],
    security: [{ token: [] }],
    paths,
    components: { schemas, parameters, securitySchemes: { token: { type: "http", scheme: "bearer" } } },
  });
}

function operationsOf(name: string, noun: string, { many, one }: { many: string; one: string }) {
  const id = {
    name: `${noun}_id`,
    in: "path",
    required: true,
    schema: { $ref: "#/components/schemas/identifier" },
  };
  const body = {
    required: true,
    content: { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } },
  };
  const operation = (verb: string, more: object, answer: object) => ({
    operationId: `${verb}-${name}`,
    summary: `${verb} ${name}`,
    description: `What it does: ${verb} of ${name}. Whoever asks needs the permission ${name}:${verb}.`,
    tags: [name],
    ...more,
    responses: {
      "200": { description: "Done", content: { "application/json": { schema: envelope(answer) } } },
    },
  });
  const ref = { $ref: `#/components/schemas/${name}` };
  const listed = [{ $ref: "#/components/parameters/page" }, { $ref: "#/components/parameters/per_page" }];
  const filter = {
    name: "status",
    in: "query",
    schema: { type: "string", enum: ["active", "pending", "gone"] },
  };
  return [
    [many, "get", operation("list", { parameters: [...listed, filter] }, { type: "array", items: ref })],
    [many, "post", operation("create", { requestBody: body }, ref)],
    [one, "get", operation("get", { parameters: [id] }, ref)],
    [one, "patch", operation("change", { parameters: [id], requestBody: body }, ref)],
    [one, "delete", operation("delete", { parameters: [id] }, { $ref: "#/components/schemas/identifier" })],
  ] as const;
}

function envelope(result: object) {
  return {
    type: "object",
    required: ["success", "errors", "result"],
    properties: {
      success: { type: "boolean" },
      errors: { type: "array", items: { $ref: "#/components/schemas/message" } },
      result,
    },
  };
}

function thing(name: string, kind: number) {
  const fields = Array.from({ length: 4 + (kind % 7) }, (_, index) => [
    `field_${index + 1}`,
    {
      type: ["string", "integer", "boolean"][index % 3],
      description: `Field ${index + 1} of a ${name}.`,
      nullable: index % 2 === 1,
    },
  ]);
  return {
    type: "object",
    required: ["name"],
    properties: {
      id: { allOf: [{ $ref: "#/components/schemas/identifier" }], readOnly: true },
      name: { type: "string", maxLength: 255, example: name },
      ...Object.fromEntries(fields),
      labels: { type: "object", additionalProperties: { type: "string" } },
      parts: { $ref: "#/components/schemas/tree" },
    },
  };
}

const sharedSchemas = {
  identifier: { type: "string", maxLength: 32, pattern: "^[0-9a-z]+$", description: "Identifier." },
  message: {
    type: "object",
    properties: { code: { type: "integer", minimum: 1000 }, message: { type: "string" } },
  },
  tree: {
    type: "object",
    properties: {
      name: { type: "string" },
      children: { type: "array", items: { $ref: "#/components/schemas/tree" } },
    },
  },
};

const parameters = {
  page: { name: "page", in: "query", schema: { type: "integer", minimum: 1, default: 1 } },
  per_page: {
    name: "per_page",
    in: "query",
    schema: { type: "integer", minimum: 5, maximum: 50, default: 20 },
  },
};
