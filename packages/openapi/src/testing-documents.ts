/** Documents as real APIs have them, for the tests of this package. */

/** Small, YAML, 3.0: what every tool is shown with. */
export const petStore = `
openapi: 3.0.3
info: { title: Pet Store, version: 1.0.0, description: A store of pets. }
servers:
  - url: https://{region}.pets.example/v2
    variables: { region: { default: eu, enum: [eu, us] } }
paths:
  /pets:
    get:
      operationId: listPets
      summary: List all pets
      parameters:
        - { name: limit, in: query, schema: { type: integer, minimum: 0, exclusiveMinimum: true } }
        - { name: tags, in: query, explode: false, schema: { type: array, items: { type: string } } }
      responses:
        200: { description: Pets, content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Pet' } } } } }
    post:
      operationId: createPet
      summary: Create a pet
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } }
      responses:
        '201': { description: Created, content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
  /pets/{petId}:
    parameters:
      - { name: petId, in: path, required: true, description: Which one, schema: { type: integer, format: int64 } }
    get:
      operationId: showPetById
      description: Info for a specific pet
      responses:
        '200': { description: A pet, content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
    delete:
      responses: { '204': { description: Gone } }
  /pets/{petId}/photo:
    post:
      operationId: uploadPhoto
      parameters: [{ name: petId, in: path, required: true, schema: { type: integer } }]
      requestBody: { required: true, content: { multipart/related: { schema: { type: object } } } }
      responses: { '204': { description: Done } }
  /elsewhere:
    get:
      servers: [{ url: 'https://files.example' }]
      responses: { '200': { description: Not here } }
components:
  schemas:
    Pet:
      type: object
      required: [id, name]
      properties:
        id: { type: integer, format: int64, readOnly: true }
        name: { type: string }
        tag: { type: string, nullable: true }
        parent: { $ref: '#/components/schemas/Pet' }
`;

/** Form bodies with objects in brackets, and lists to expand. */
export const payments = {
  openapi: "3.0.0",
  info: { title: "Payments", version: "2026-01-01" },
  servers: [{ url: "https://pay.example/" }],
  components: {
    securitySchemes: { key: { type: "apiKey", in: "query", name: "api_key" } },
    schemas: {
      customer: {
        type: "object",
        properties: {
          id: { type: "string" },
          default_source: {
            anyOf: [{ type: "string" }, { $ref: "#/components/schemas/source" }],
            nullable: true,
          },
        },
      },
      source: { type: "object", properties: { customer: { $ref: "#/components/schemas/customer" } } },
    },
  },
  paths: {
    "/v1/customers": {
      post: {
        operationId: "PostCustomers",
        requestBody: {
          content: {
            "application/x-www-form-urlencoded": {
              encoding: {
                address: { style: "deepObject", explode: true },
                metadata: { style: "deepObject", explode: true },
                expand: { style: "deepObject", explode: true },
              },
              schema: {
                type: "object",
                properties: {
                  email: { type: "string" },
                  balance: { type: "integer" },
                  address: {
                    type: "object",
                    properties: { city: { type: "string" }, line1: { type: "string" } },
                  },
                  metadata: { type: "object", additionalProperties: { type: "string" } },
                  expand: { type: "array", items: { type: "string" } },
                  preferences: { type: "object", properties: { sms: { type: "boolean" } } },
                },
              },
            },
          },
        },
        responses: {
          "200": {
            description: "",
            content: { "application/json": { schema: { $ref: "#/components/schemas/customer" } } },
          },
        },
      },
      get: {
        operationId: "GetCustomers",
        parameters: [
          {
            name: "created",
            in: "query",
            style: "deepObject",
            explode: true,
            schema: { type: "object", properties: { gte: { type: "integer" }, lt: { type: "integer" } } },
          },
          { name: "expand[]", in: "query", schema: { type: "array", items: { type: "string" } } },
          { name: "api_key", in: "query", required: true, schema: { type: "string" } },
        ],
        responses: {
          "200": { description: "", content: { "application/json": { schema: { type: "object" } } } },
        },
      },
    },
  },
} as const;

/** Paths that overlap, names with slashes, headers, media types of its own; 3.1. */
export const forge = withPathParameters({
  openapi: "3.1.0",
  info: { title: "Forge", version: "1.1.4" },
  servers: [{ url: "https://api.forge.example" }],
  paths: {
    "/repos/{owner}/{repo}": {
      get: {
        operationId: "repos/get",
        summary: "Get a repository",
        responses: { "200": { description: "" }, "301": { description: "" } },
      },
    },
    "/repos/{owner}/{repo}/issues": {
      get: {
        operationId: "issues/list-for-repo",
        parameters: [
          { name: "state", in: "query", schema: { type: ["string", "null"], enum: ["open", "closed"] } },
          { name: "X-Api-Version", in: "header", schema: { type: "string" } },
          { name: "Authorization", in: "header", required: true, schema: { type: "string" } },
        ],
        responses: {
          "200": {
            description: "",
            content: { "application/vnd.forge.v3+json": { schema: { type: "array" } } },
          },
        },
      },
    },
    "/repos/{owner}/{repo}/compare/{base}...{head}": {
      get: { operationId: "repos/compare", responses: { "200": { description: "" } } },
    },
    "/repos/{owner}/{repo}/issues/{number}": {
      patch: {
        operationId: "issues/update",
        requestBody: {
          content: {
            "application/merge-patch+json": {
              schema: { type: "object", properties: { title: { type: "string" } } },
            },
          },
        },
        responses: { "200": { description: "" } },
      },
    },
    "/user": { get: { operationId: "users/get-authenticated", responses: { "200": { description: "" } } } },
    "/users/{username}": { get: { operationId: "users/get", responses: { "200": { description: "" } } } },
    "/users/me": { get: { operationId: "users/me", responses: { "200": { description: "" } } } },
    "/markdown": {
      post: {
        operationId: "markdown/render",
        requestBody: { required: true, content: { "text/x-markdown": { schema: { type: "string" } } } },
        responses: { "200": { description: "", content: { "text/html": { schema: { type: "string" } } } } },
      },
    },
  },
});

function withPathParameters<Document extends { paths: Record<string, object> }>(
  document: Document,
): Document {
  for (const [path, item] of Object.entries(document.paths)) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const schema = (name: string | undefined) => ({ type: name === "number" ? "integer" : "string" });
    const parameters = names.map((name) => ({ name, in: "path", required: true, schema: schema(name) }));
    if (parameters.length > 0) Object.assign(item, { parameters });
  }
  return document;
}
