import { isFault } from "@castellan/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { importServer, type ImportChoices } from "./import-server.ts";

const schema = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";

function documentOf(remotes: unknown, more: object = {}) {
  return {
    $schema: schema,
    name: "io.github.acme/weather",
    description: "Forecasts",
    version: "1.2.0",
    remotes,
    ...more,
  };
}

const http = (url: string, more: object = {}) => ({ type: "streamable-http", url, ...more });

/** What comes of it: what would be registered, or the code, the field and what a program is told. */
function run(document: unknown, choices?: ImportChoices) {
  try {
    const { suggestSlug: _, ...server } = importServer(document, choices);
    return server;
  } catch (error) {
    if (!isFault(error)) throw error;
    const { problems, missing } = error.data ?? {};
    return {
      code: error.code,
      field: error.field,
      ...(problems !== undefined && { problems }),
      ...(missing !== undefined && { missing }),
    };
  }
}

const refused = (...problems: { field: string; reason: string }[]) => ({
  code: "invalid_input",
  field: problems[0]?.field,
  problems,
});

test("a plain remote", () => {
  expect(run(documentOf([http("https://mcp.acme.example/mcp")], { title: "Acme Weather" }))).toEqual({
    name: "io.github.acme/weather",
    title: "Acme Weather",
    description: "Forecasts",
    url: "https://mcp.acme.example/mcp",
    transport: "streamable-http",
    headers: {},
  });
});

test("as a registry answers it, with its own marks around", () => {
  const server = documentOf([http("https://mcp.acme.example/mcp")], {
    repository: { url: "x", source: "github" },
  });
  const _meta = { "io.modelcontextprotocol.registry/official": { status: "active", isLatest: true } };
  expect(run({ server, _meta })).toMatchObject({ url: "https://mcp.acme.example/mcp" });
  expect(run({ server: documentOf([http("ftp://x.example/")]), _meta })).toEqual(
    refused({
      field: "document.server.remotes[0].url",
      reason: "must begin with https://host, or with a variable that stands for it",
    }),
  );
});

test("of several remotes Streamable HTTP goes before SSE, unless one is named", () => {
  const document = documentOf([
    { type: "sse", url: "https://acme.example/sse" },
    http("https://acme.example/one"),
    http("https://acme.example/two"),
  ]);
  expect(run(document)).toMatchObject({ url: "https://acme.example/one", transport: "streamable-http" });
  expect(run(document, { remote: 0 })).toMatchObject({ url: "https://acme.example/sse", transport: "sse" });
  expect(run(document, { remote: 2 })).toMatchObject({ url: "https://acme.example/two" });
  expect(run(document, { remote: 3 })).toEqual(refused({ field: "remote", reason: "must be less than 3" }));
});

test("packages only, and nothing at all", () => {
  const packages = [{ registryType: "npm", identifier: "@acme/weather", transport: { type: "stdio" } }];
  for (const document of [documentOf(undefined, { packages }), documentOf([])])
    expect(run(document)).toEqual({ code: "server_json_no_remote", field: "document.remotes" });
});

const tenants = documentOf([
  http("https://{tenant}.acme.example/{region}/mcp?project={project}", {
    variables: {
      tenant: { description: "Yours", isRequired: true },
      region: { default: "eu", choices: ["eu", "us"] },
      project: { isRequired: true, format: "number" },
    },
  }),
]);

test("variables of a URL: given, proposed, missing, wrong", () => {
  expect(run(tenants, { variables: { tenant: "blue", project: "7" } })).toMatchObject({
    url: "https://blue.acme.example/eu/mcp?project=7",
  });
  expect(run(tenants, { variables: { region: "us" } })).toEqual({
    code: "server_json_incomplete",
    field: "variables.tenant",
    missing: [
      { field: "variables.tenant", isSecret: false },
      { field: "variables.project", isSecret: false },
    ],
  });
  expect(
    run(tenants, { variables: { tenant: "blue", project: "seven", region: "moon", tenent: "x" } }),
  ).toEqual(
    refused(
      { field: "variables.region", reason: "must be one that the document offers" },
      { field: "variables.project", reason: "must be a number" },
      { field: "variables.tenent", reason: "is nothing that the document asks for" },
    ),
  );
});

test.each([
  "evil.example/",
  "evil.example#",
  "evil.example?",
  "a@evil.example",
  "a:b@c",
  "a\\b",
  "a b",
  "",
  ".",
  "a:",
  "é",
])("a value of a host stays in its host: %j does not pass", (tenant) => {
  expect(run(tenants, { variables: { tenant, project: "7" } })).toEqual(
    refused({ field: "variables.tenant", reason: "must be part of a host name" }),
  );
});

test("whatever is given for a path or a query, the rest of the URL stays as the document has it", () => {
  const document = documentOf([http("https://acme.example/a/x{one}x/mcp?two={two}&three=3")]);
  const word = fc.oneof(
    fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
    fc.constantFrom("/../..", "?x", "#x", "&three=4", "@evil.example", "\\", "{two}"),
  );
  fc.assert(
    fc.property(word, word, (one, two) => {
      const result = run(document, { variables: { one, two } });
      const url = new URL("url" in result ? String(result.url) : "");
      expect([url.host, url.pathname.split("/").length, url.hash, [...url.searchParams]]).toEqual([
        "acme.example",
        4,
        "",
        [
          ["two", two.toWellFormed()],
          ["three", "3"],
        ],
      ]);
    }),
  );
});

test("a variable may stand for scheme and host (draft schema), and for nothing that ends elsewhere", () => {
  const document = documentOf([http("{baseUrl}/mcp", { variables: { baseUrl: { isRequired: true } } })]);
  const of = (baseUrl: string) => run(document, { variables: { baseUrl } });
  expect(of("https://mcp.corp.example:8443/tools/")).toMatchObject({
    url: "https://mcp.corp.example:8443/tools/mcp",
  });
  for (const baseUrl of [
    "javascript:alert(1)//",
    "file:///etc",
    "https://u:p@corp.example",
    "https://corp.example?x",
    "https://corp.example#",
    "corp.example",
    "",
  ])
    expect(of(baseUrl)).toEqual(
      refused({ field: "variables.baseUrl", reason: "must be an https URL without a query" }),
    );
});

test.each([
  "javascript:alert(1)",
  "data:text/html,x",
  "//evil.example/mcp",
  "https:evil.example",
  "https://",
  "https:///mcp",
  "https://user:pass@acme.example/mcp",
  "https://{host}@evil.example/mcp",
  "{baseUrl}.evil.example/mcp",
  "{scheme}://acme.example/mcp",
  "https://acme.example/{not closed",
  "https://acme.example/{}/mcp",
  "https://acme.example/ /mcp",
  "https://acme.example\\@evil.example/",
])("the URL %j is refused", (url) => {
  expect(
    run(documentOf([http(url)]), {
      variables: { host: "a", baseUrl: "https://corp.example", scheme: "https" },
    }),
  ).toMatchObject({ code: "invalid_input", field: "document.remotes[0].url" });
});

const secretHeaders = documentOf([
  http("https://acme.example/mcp", {
    headers: [
      { name: "Authorization", value: "Bearer {smithery_api_key}", isRequired: true, isSecret: true },
      { name: "X-API-Key", description: "From your account page", isRequired: true, isSecret: true },
      { name: "X-Region", default: "eu", choices: ["eu", "us"] },
      { name: "X-Client", value: "registry" },
      { name: "X-Org", value: "org:{org}", variables: { org: {} } },
      { name: "X-Trace" },
    ],
  }),
]);

test("required secret headers: everything that is missing is named at once", () => {
  expect(run(secretHeaders)).toEqual({
    code: "server_json_incomplete",
    field: "variables.smithery_api_key",
    missing: [
      { field: "variables.smithery_api_key", isSecret: true },
      { field: "headers.X-API-Key", isSecret: true },
    ],
  });
});

test("headers: filled in, proposed, fixed, left out, or as the request has them", () => {
  expect(
    run(secretHeaders, {
      variables: { smithery_api_key: "k-{org}-1" },
      headers: { "x-api-key": "secret", "X-Own": "1" },
    }),
  ).toMatchObject({
    headers: {
      authorization: "Bearer k-{org}-1",
      "x-api-key": "secret",
      "x-region": "eu",
      "x-client": "registry",
      "x-own": "1",
    },
  });
  expect(
    run(secretHeaders, {
      variables: { org: "acme" },
      headers: { AUTHORIZATION: "Basic eA==", "X-API-Key": "s", "X-Region": "us", "X-Trace": "t" },
    }),
  ).toMatchObject({
    headers: {
      authorization: "Basic eA==",
      "x-api-key": "s",
      "x-region": "us",
      "x-client": "registry",
      "x-org": "org:acme",
      "x-trace": "t",
    },
  });
});

test("no refusal repeats a value", () => {
  const choices = {
    variables: { smithery_api_key: "hush", nobody: "hush" },
    headers: { "X-Region": "hush" },
  };
  try {
    importServer(secretHeaders, choices);
    expect.unreachable();
  } catch (error) {
    expect(isFault(error) && JSON.stringify([error.message, error.data])).not.toContain("hush");
  }
});

test("a secret does not get into a URL, be it declared so elsewhere only", () => {
  const secret = { isSecret: true };
  const declared = [
    { variables: { key: secret } },
    { headers: [{ name: "X-Key", value: "{key}", variables: { key: secret } }] },
    { headers: [{ name: "X-Key", value: "{key}", ...secret }], variables: { key: {} } },
  ];
  for (const more of declared)
    expect(
      run(documentOf([http("https://acme.example/{key}/mcp", more)]), { variables: { key: "k" } }),
    ).toEqual({
      code: "server_json_secret_in_url",
      field: "document.remotes[0].url",
    });
});

test("what the document fixes stays", () => {
  const document = documentOf([http("https://acme.example/{v}/mcp", { variables: { v: { value: "v2" } } })]);
  expect(run(document)).toMatchObject({ url: "https://acme.example/v2/mcp" });
  expect(run(document, { variables: { v: "v3" } })).toEqual(
    refused({ field: "variables.v", reason: "is fixed by the document" }),
  );
});

test("names that every object has are names like others", () => {
  const document = documentOf([http("https://acme.example/{constructor}/{toString}/mcp")]);
  expect(run(document)).toMatchObject({
    missing: [
      { field: "variables.constructor", isSecret: false },
      { field: "variables.toString", isSecret: false },
    ],
  });
});

test.each([
  [null, "document"],
  [[], "document"],
  ["{}", "document"],
  [{}, "document.name"],
  [{ name: "a/b", remotes: {} }, "document.remotes"],
  [{ name: "a/b", remotes: [{ type: "stdio", url: "https://a.example" }] }, "document.remotes[0].type"],
  // The names of fields before 2025-09-16.
  [
    { name: "a/b", remotes: [{ transport_type: "streamable", url: "https://a.example" }] },
    "document.remotes[0].type",
  ],
  [documentOf([], { $schema: schema.replace("2025-12-11", "2025-07-09") }), 'document["$schema"]'],
  [documentOf([], { $schema: "https://evil.example/server.schema.json" }), 'document["$schema"]'],
  [documentOf([], { name: "x".repeat(201) }), "document.name"],
  [documentOf([], { description: "x".repeat(5000) }), "document.description"],
  [documentOf([http(`https://a.example/${"x".repeat(2048)}`)]), "document.remotes[0].url"],
  [documentOf(Array.from({ length: 51 }, () => http("https://a.example/"))), "document.remotes"],
  [
    documentOf([
      http("https://a.example/", { headers: Array.from({ length: 51 }, (_, at) => ({ name: `h${at}` })) }),
    ]),
    "document.remotes[0].headers",
  ],
  [
    documentOf([
      http("https://a.example/", {
        variables: Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`v${at}`, {}])),
      }),
    ]),
    "document.remotes[0].variables",
  ],
  [
    documentOf([http("https://a.example/", { headers: [{ name: "A" }, { name: "a" }] })]),
    "document.remotes[0].headers[1].name",
  ],
])("wrong and oversized documents name the field (%#)", (document, field) => {
  expect(run(document)).toMatchObject({ code: "invalid_input", field });
});

test("the draft's and later editions are read", () => {
  for (const edition of ["2025-09-16", "2025-09-29", "2025-10-17", "2027-01-01", "draft"])
    expect(
      run(documentOf([http("https://a.example/")], { $schema: schema.replace("2025-12-11", edition) })),
    ).toMatchObject({ url: "https://a.example/" });
});

test("words of the document are made fit to be shown", () => {
  const description = `two\nlines \u202egnp.exe\u0000 ${"x".repeat(600)}`;
  const { title, description: shown } = importServer(
    documentOf([http("https://a.example/")], { title: "\u200b ", description }),
  );
  expect([title, shown]).toEqual(["", `two lines gnp.exe ${"x".repeat(482)}`]);
});

test.each([
  ["io.github.acme/weather", "weather"],
  ["com.acme/Weather_Server.v2", "weather-server-v2"],
  ["com.acme/mcp", "acme"],
  ["com.acme/42-answers", "answers"],
  [`com.acme/${"long-".repeat(20)}`, "long-long-long-long-long-long-lo"],
  ["com.acme/天気", undefined],
])("%s may be called %s", (name, slug) => {
  const { suggestSlug } = importServer(documentOf([http("https://a.example/")], { name }));
  if (slug === undefined) expect(suggestSlug).toThrow(/^slug is required/);
  else expect(suggestSlug()).toBe(slug);
});

test("no document whatever makes anything but a server or a fault", () => {
  const key = fc.constantFrom(
    "server",
    "name",
    "remotes",
    "url",
    "type",
    "headers",
    "variables",
    "value",
    "isSecret",
    "__proto__",
  );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom<unknown>(null, true, 1, "https://a.example/{x}", "{x}", "streamable-http", "a/b"),
      fc.array(tie("json"), { maxLength: 3 }),
      fc.dictionary(key, tie("json"), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(json, (document) => void run(document)),
    { numRuns: 500 },
  );
});
