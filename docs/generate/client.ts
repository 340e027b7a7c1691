/** The types of the API's client, written from the API's document: `packages/client/src/operations.ts`. */
import { createDocument, routes, type ApiDocument, type JsonSchema } from "@castellan/api";
import { declarationOf, typeOf } from "./json-types.ts";

type Operation = ApiDocument["paths"][string][string];
type Parameter = NonNullable<Operation["parameters"]>[number];

export const operationsPath = "packages/client/src/operations.ts";

/** The file, not yet formatted. */
export function operationsSource(): string {
  const { paths, components } = createDocument(routes, "");
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const named = Object.entries(components.schemas).filter(([name]) => name !== "Problem");
  return [
    "/** What the API's operations take and answer. Written by `npm run docs` from the API's document; not by hand. */",
    ...named.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, schema]) => declarationOf(name, schema)),
    ...all.flatMap(({ operation }) => bodiesOf(operation)),
    `/** By \`operationId\`. */\nexport interface Operations {\n${all.map(({ operation }) => shapeOf(operation)).join("\n")}\n}`,
    `export const operations: Readonly<Record<keyof Operations, { readonly method: string; readonly path: string }>> = {\n${all
      .map(({ method, path, operation }) => `${operation.operationId}: ${JSON.stringify({ method, path })},`)
      .join("\n")}\n};`,
    "",
  ].join("\n\n");
}

/** Bodies and answers that have no name of their own get that of their operation. */
function bodiesOf(operation: Operation): string[] {
  const { body, answer } = contentsOf(operation);
  const declare = (suffix: string, schema: JsonSchema | undefined) =>
    schema === undefined || schema.$ref !== undefined
      ? []
      : [declarationOf(nameFor(operation, suffix), schema)];
  return [...declare("Body", body), ...declare("Answer", answer)];
}

function shapeOf(operation: Operation): string {
  const { body, answer } = contentsOf(operation);
  const parameters = operation.parameters ?? [];
  const isBodyRequired = operation.requestBody?.required === true;
  const members = [
    groupOf(
      "params",
      parameters.filter((parameter) => parameter.in === "path"),
    ),
    groupOf(
      "query",
      parameters.filter((parameter) => parameter.in === "query"),
    ),
    ...(body === undefined ? [] : [member("body", typeFor(operation, "Body", body), isBodyRequired)]),
    ...(hasHeader(parameters, "If-Match")
      ? [
          "/** The `version` that is meant; absent: whichever is there. */",
          member("ifMatch", "number", false),
        ]
      : []),
    ...(hasHeader(parameters, "Idempotency-Key")
      ? [
          "/** Sent again with the same request, it is done once. */",
          member("idempotencyKey", "string", false),
        ]
      : []),
    member("answer", answer === undefined ? "undefined" : typeFor(operation, "Answer", answer), true),
  ];
  return `/** ${operation.summary}. */\nreadonly ${operation.operationId}: {\n${members.filter(Boolean).join("\n")}\n};`;
}

function contentsOf({ requestBody, responses }: Operation) {
  const [good] = Object.entries(responses).flatMap(([status, response]) =>
    status.startsWith("2") && "description" in response ? [response] : [],
  );
  return {
    body: requestBody?.content["application/json"]?.schema,
    answer: good?.content?.["application/json"]?.schema,
  };
}

/** Parameters of one place as one object; it may be left out when all in it may. */
function groupOf(name: string, parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return "";
  const required = parameters.filter((parameter) => parameter.required).map((parameter) => parameter.name);
  const properties = Object.fromEntries(
    parameters.map(({ name, schema, description }) => [
      name,
      { ...schema, ...(description !== undefined && { description }) },
    ]),
  );
  return member(name, typeOf({ type: "object", properties, required }), required.length > 0);
}

function member(name: string, type: string, isRequired: boolean): string {
  return isRequired ? `readonly ${name}: ${type};` : `readonly ${name}?: ${type} | undefined;`;
}

function typeFor(operation: Operation, suffix: string, schema: JsonSchema): string {
  return schema.$ref === undefined ? nameFor(operation, suffix) : typeOf(schema);
}

function nameFor({ operationId }: Operation, suffix: string): string {
  return `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}${suffix}`;
}

function hasHeader(parameters: readonly Parameter[], name: string): boolean {
  return parameters.some((parameter) => parameter.in === "header" && parameter.name === name);
}
