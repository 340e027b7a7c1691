import { expect, test } from "vitest";
import { z } from "zod";
import { documentJsonSchema } from "./json-schema.ts";

test("editors accept what is accepted, and underline what is not", () => {
  const schema = documentJsonSchema();
  expect(schema).toMatchObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Castellan configuration",
    required: ["apiVersion", "name"],
    additionalProperties: false,
  });
  const editor = z.fromJSONSchema(schema);
  const accepts = (rest: object) =>
    editor.safeParse({ apiVersion: "castellan/v1", name: "main", ...rest }).success;
  const url = "https://a.example/";
  expect({
    nothing: accepts({}),
    server: accepts({
      servers: { a: { url, autoAccept: ["tool"], limits: { tools: { x: { concurrency: 1 } } } } },
    }),
    headers: accepts({ servers: { a: { url, headers: { "X-A": { secretRef: "env:A" } } } } }),
    portal: accepts({ portals: { p: { servers: ["a", { server: "b", tools: { x: { alias: "y" } } }] } } }),
    unknown: accepts({ colour: 1 }),
    unknownBelow: accepts({ servers: { a: { url, colour: 1 } } }),
    noUrl: accepts({ servers: { a: {} } }),
    noSlug: accepts({ servers: { "A b": { url } } }),
    secretInClear: accepts({ servers: { a: { url, headers: { "X-A": "value" } } } }),
    whoComesIn: accepts({
      groups: { workforce: { Editors: {} } },
      providers: { entra: { issuer: url, clientId: "c", clientSecret: { secretRef: "env:A" } } },
      trustedIssuers: { okta: { issuer: url, audience: "mcp" } },
      clients: { nightly: { authMethod: "client_secret_basic", grantTypes: ["client_credentials"] } },
    }),
    clientSecretInClear: accepts({ providers: { entra: { issuer: url, clientId: "c", clientSecret: "x" } } }),
    otherDirectory: accepts({ groups: { partners: {} } }),
    resourceWithAlias: accepts({
      portals: { p: { servers: [{ server: "b", resources: { x: { alias: "y" } } }] } },
    }),
  }).toEqual({
    nothing: true,
    server: true,
    headers: true,
    portal: true,
    unknown: false,
    unknownBelow: false,
    noUrl: false,
    noSlug: false,
    secretInClear: false,
    whoComesIn: true,
    clientSecretInClear: false,
    otherDirectory: false,
    resourceWithAlias: false,
  });
});
