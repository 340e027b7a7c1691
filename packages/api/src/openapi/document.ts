/**
 * The API's document, OpenAPI 3.1, made of the table of operations: nothing in it is written twice. Its address is
 * relative, so it is the same wherever it is served.
 */
import { STATUS_CODES } from "node:http";
import { isPermitted, roles } from "@castellan/access";
import { problemMediaType } from "@castellan/web";
import { isBodyOptional, takesIfMatch, type Route } from "../route.ts";
import { commonFailures, failuresOf, type Failure } from "./failures.ts";
import { problem, problemWith } from "./problem.ts";
import { membersOf, toJsonSchema, type JsonSchema, type NamedSchemas } from "./schemas.ts";

export interface ApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: { readonly schemas: NamedSchemas } & Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface DocumentedOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, DocumentedResponse | { readonly $ref: string }>>;
  readonly [field: string]: unknown;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export interface DocumentedResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Content;
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

/** `version` is that of the release. */
export function createDocument(routes: readonly Route[], version: string): ApiDocument {
  const schemas: NamedSchemas = { Problem: problem };
  const paths: Record<string, Record<string, DocumentedOperation>> = {};
  for (const route of routes) {
    const operations = (paths[route.path] ??= {});
    operations[route.method.toLowerCase()] = toOperation(route, schemas);
  }
  return {
    openapi: "3.1.1",
    info: { title: "Castellan", version, summary: "The HTTP API of a self-hosted MCP platform" },
    servers: [{ url: "/api/v1" }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas,
      responses: {
        Failure: toResponse("What any operation may answer because of where it runs", commonFailures, {
          $ref: "#/components/schemas/Problem",
        }),
      },
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "A service token: `cst_…`" },
      },
    },
  };
}

function rolesFor({ permission }: Route): string[] {
  return roles.filter((role) => isPermitted(role, permission)).map((role) => `\`${role}\``);
}

function toOperation(route: Route, schemas: NamedSchemas): DocumentedOperation {
  const parameters = [
    ...membersOf(route.params, schemas).map((member) => toParameter("path", member)),
    ...membersOf(route.query, schemas).map((member) => toParameter("query", member)),
    ...(takesIfMatch(route) ? [ifMatch] : []),
    ...(route.takesIdempotencyKey === true ? [idempotencyKey] : []),
  ];
  return {
    operationId: route.id,
    summary: route.summary,
    description: `Needs the role ${rolesFor(route).join(" or ")}.`,
    tags: [route.path.split("/")[1] ?? ""],
    ...(parameters.length > 0 && { parameters }),
    ...(route.body !== undefined && {
      requestBody: {
        required: !isBodyOptional(route),
        content: { "application/json": { schema: toJsonSchema(route.body, "input", schemas) } },
      },
    }),
    responses: {
      ...goodAnswer(route, schemas),
      ...badAnswers(failuresOf(route)),
      default: { $ref: "#/components/responses/Failure" },
    },
  };
}

function toParameter(
  place: "path" | "query",
  { name, description, schema, isRequired }: ReturnType<typeof membersOf>[number],
): Parameter {
  return {
    name,
    in: place,
    ...(isRequired && { required: true }),
    ...(description !== undefined && { description }),
    schema,
  };
}

const ifMatch: Parameter = {
  name: "If-Match",
  in: "header",
  description:
    "The version that is meant, as its ETag: refused with `version_stale` when there is another by now. Without it, whatever is there is changed.",
  schema: { type: "string" },
};

const idempotencyKey: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  description:
    "Of the caller's making, for one request. Sent again with the same request within 24 hours, it is answered with the first answer, and nothing is done twice.",
  schema: { type: "string", minLength: 1, maxLength: 255 },
};

function goodAnswer(route: Route, schemas: NamedSchemas): Record<string, DocumentedResponse> {
  const headers = {
    ...(route.answer !== undefined &&
      route.isVersioned === true && {
        ETag: { description: "The version, for `If-Match`", required: true, schema: { type: "string" } },
      }),
    ...(route.takesIdempotencyKey === true && {
      "Idempotent-Replayed": {
        description: "The answer is that to an earlier request with this key",
        schema: { const: "true" },
      },
    }),
  };
  const status = route.answer === undefined ? 204 : (route.status ?? 200);
  return {
    [status]: {
      description: STATUS_CODES[status] ?? "",
      ...(Object.keys(headers).length > 0 && { headers }),
      ...(route.answer !== undefined && {
        content: { "application/json": { schema: toJsonSchema(route.answer, "output", schemas) } },
      }),
    },
  };
}

function badAnswers(failures: readonly Failure[]): Record<string, DocumentedResponse> {
  const byStatus = Object.groupBy(failures, ({ status }) => status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, those = []]) => [
      status,
      toResponse(
        STATUS_CODES[status] ?? "",
        those,
        problemWith(
          Number(status),
          those.map(({ code }) => code),
        ),
      ),
    ]),
  );
}

function toResponse(title: string, failures: readonly Failure[], schema: JsonSchema): DocumentedResponse {
  const lines = failures.map(({ code, help }) => `- \`${code}\`: ${help}`);
  return {
    description: [title, "", ...lines].join("\n"),
    content: {
      [problemMediaType]: { schema },
    },
  };
}
