import { isFault } from "@castellan/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readDocument } from "../document/read-document.ts";
import { payments } from "../testing-documents.ts";
import { buildRequest, type RequestOptions } from "./build-request.ts";

const options: RequestOptions = {
  operations: [],
  url: new URL("https://api.example/base/"),
  headers: {},
  apiKeys: [],
  userAgent: "castellan/1",
  maxBodyBytes: 10_000,
};

/** The only operation of a document that has this. */
function operationOf(method: string, path: string, operation: object) {
  const given = {
    openapi: "3.1.0",
    info: { title: "A", version: "1" },
    paths: { [path]: { [method]: operation } },
  };
  const [found] = readDocument(JSON.stringify(given)).operations;
  if (!found) throw new Error("No operation");
  return found;
}

function pathOf(path: string, parameter: object, value: unknown): string {
  const operation = operationOf("get", path, {
    parameters: [{ name: "p", schema: {}, required: true, ...parameter }],
  });
  return buildRequest(operation, JSON.stringify({ p: value }), options).path;
}

/** `field: problem` of the fault. */
function refusal(build: () => unknown): string {
  try {
    build();
  } catch (error) {
    if (isFault(error, "api_request_invalid")) return error.message;
    throw error;
  }
  throw new Error("It was not refused");
}

const [text, list, object] = ["blue", ["blue", "black"], { R: 100, G: 200 }];

// OpenAPI 3.1.1 §4.8.12.4, "Style Examples".
test.each([
  ["matrix", false, ";p=blue", ";p=blue,black", ";p=R,100,G,200"],
  ["matrix", true, ";p=blue", ";p=blue;p=black", ";R=100;G=200"],
  ["label", false, ".blue", ".blue,black", ".R,100,G,200"],
  ["label", true, ".blue", ".blue.black", ".R=100.G=200"],
  ["simple", false, "blue", "blue,black", "R,100,G,200"],
  ["simple", true, "blue", "blue,black", "R=100,G=200"],
])("path: %s, explode %s", (style, explode, ...expected) => {
  const written = [text, list, object].map((value) =>
    pathOf("/x/{p}", { in: "path", style, explode }, value),
  );
  expect(written).toEqual(expected.map((segment) => `/base/x/${segment}`));
});

test.each([
  ["form", false, "p=blue", "p=blue,black", "p=R,100,G,200"],
  ["form", true, "p=blue", "p=blue&p=black", "R=100&G=200"],
  ["spaceDelimited", false, "p=blue", "p=blue%20black", "p=R%20100%20G%20200"],
  ["pipeDelimited", false, "p=blue", "p=blue%7Cblack", "p=R%7C100%7CG%7C200"],
  ["deepObject", true, "p=blue", "p%5B0%5D=blue&p%5B1%5D=black", "p%5BR%5D=100&p%5BG%5D=200"],
])("query: %s, explode %s", (style, explode, ...expected) => {
  const written = [text, list, object].map((value) => pathOf("/x", { in: "query", style, explode }, value));
  expect(written).toEqual(expected.map((query) => `/base/x?${query}`));
});

test("values of a query stay values, also with what is reserved", () => {
  const value = "a&b=c#d+e %41;/?é";
  expect(pathOf("/x", { in: "query" }, value)).toBe("/base/x?p=a%26b%3Dc%23d%2Be%20%2541%3B%2F%3F%C3%A9");
  expect(pathOf("/x", { in: "query", allowReserved: true }, value)).toBe(
    "/base/x?p=a%26b=c%23d%2Be%20%2541%3B/?%C3%A9",
  );
  expect(pathOf("/x", { in: "query", content: { "application/json": {} } }, { a: [1] })).toBe(
    "/base/x?p=%7B%22a%22%3A%5B1%5D%7D",
  );
});

test("numbers are sent to the digit", () => {
  const operation = operationOf("post", "/x/{id}", {
    parameters: [
      { name: "id", in: "path", required: true, schema: {} },
      { name: "q", in: "query", content: { "application/json": {} } },
    ],
    requestBody: { content: { "application/json": {} } },
  });
  const given = '{"id":12345678901234567890,"q":[1.0,9007199254740993],"body":{"n": 1E400}}';
  const { path, body } = buildRequest(operation, given, options);
  expect([path, body]).toEqual([
    "/base/x/12345678901234567890?q=%5B1.0%2C9007199254740993%5D",
    '{"n": 1E400}',
  ]);
});

test.each([
  "",
  ".",
  "..",
  "../x",
  "a/../b",
  "a\\..\\b",
  "%2e%2e",
  "..%2fx",
  "%252e",
  "a%2Fb",
  "a%5cb",
  "x\u0000",
  "x\r\ny",
])("a path takes no value that could lead elsewhere: %j", (value) => {
  expect(refusal(() => pathOf("/x/{p}", { in: "path" }, value))).toMatch(/^p /);
  expect(refusal(() => pathOf("/x/{p}", { in: "path" }, ["a", value]))).toMatch(/^p /);
});

test("pieces that are harmless by themselves make up no way elsewhere", () => {
  const label = { in: "path", style: "label" };
  expect(refusal(() => pathOf("/x/{p}", label, "/x"))).toMatch(/^The path /);
  expect(refusal(() => pathOf("/x/{p}", { ...label, explode: true }, ["a/", "/x"]))).toMatch(/^The path /);
  expect(pathOf("/x/{p}", label, "a/x")).toBe("/base/x/.a%2Fx");
});

test("whatever is given for a path, it keeps its segments and leads nowhere else", () => {
  const template = "/x/.{a}/y/{b}-{c}/{d}";
  const operation = operationOf("get", template, {
    parameters: ["a", "b", "c", "d"].map((name, index) => ({
      name,
      in: "path",
      required: true,
      style: ["simple", "label", "matrix", "simple"][index],
      explode: index === 2,
      schema: {},
    })),
  });
  const hostile = fc.string({
    unit: fc.constantFrom(".", "/", "\\", "%", "2", "e", "f", "?", "#", "a", "\r", "é", ";", "\ud800"),
  });
  const value = fc.oneof(
    hostile,
    fc.array(hostile),
    fc.dictionary(hostile, hostile, { maxKeys: 3 }),
    fc.jsonValue({ maxDepth: 1 }),
  );
  fc.assert(
    fc.property(fc.record({ a: value, b: value, c: value, d: value }), (given) => {
      let path;
      try {
        ({ path } = buildRequest(operation, JSON.stringify(given), options));
      } catch (error) {
        expect(isFault(error, "api_request_invalid")).toBe(true);
        return;
      }
      expect(path).toMatch(/^[\x21-\x7e]+$/);
      const url = new URL(path, "https://api.example");
      expect([url.origin, url.pathname + url.search + url.hash]).toEqual(["https://api.example", path]);
      // Also to a reader that decodes once more than it should.
      const twice = decodeURIComponent(path).replaceAll("\\", "/").split("/");
      expect(twice.filter((segment) => segment === "." || segment === "..")).toEqual([]);
      expect(path.split("/").length).toBe(6 + 1);
    }),
    { numRuns: 500 },
  );
});

test("an admin's headers go before a caller's, and none that frames the message is anybody's", () => {
  const names = [
    "X-Trace",
    "X-Tenant",
    "Authorization",
    "Host",
    "Cookie",
    "Content-Length",
    "X-Forwarded-For",
    "X-HTTP-Method-Override",
  ];
  const operation = operationOf("get", "/x", {
    parameters: names.map((name) => ({
      name,
      in: "header",
      required: name === "Host",
      schema: { type: "string" },
    })),
  });
  expect(operation.parameters.map(({ argument }) => argument)).toEqual(["X-Trace", "X-Tenant"]);
  const headers = {
    authorization: "Bearer t",
    "x-tenant": "ours",
    host: "evil.example",
    "transfer-encoding": "chunked",
  };
  const given = { "X-Trace": ["a", "b"], "X-Tenant": "theirs" };
  expect(buildRequest(operation, JSON.stringify(given), { ...options, headers }).headers).toEqual({
    "user-agent": "castellan/1",
    accept: "application/json, */*;q=0.1",
    "accept-encoding": "identity",
    "x-trace": "a,b",
    "x-tenant": "ours",
    authorization: "Bearer t",
  });
  for (const value of ["a\r\nHost: x", "a\nb", "a\0", "日本"])
    expect(refusal(() => buildRequest(operation, JSON.stringify({ "X-Trace": value }), options))).toMatch(
      /^X-Trace /,
    );
  expect(refusal(() => buildRequest(operation, '{"Authorization":"Bearer mine"}', options))).toBe(
    "Authorization is not an argument of this operation",
  );
});

test("a key goes where the API takes it, and no caller sets it", () => {
  const operation = operationOf("get", "/x", {
    parameters: [
      { name: "more", in: "query", schema: { type: "object" } },
      { name: "theme", in: "cookie", schema: {} },
      { name: "all", in: "cookie", schema: { type: "object" } },
    ],
  });
  const keyed: RequestOptions = {
    ...options,
    url: new URL("https://api.example/?v=2"),
    headers: { api_key: "a&b", sid: "s;1", cookie: "c=1", other: "x" },
    apiKeys: [
      { in: "query", name: "api_key" },
      { in: "cookie", name: "SID" },
    ],
  };
  const { path, headers } = buildRequest(operation, '{"theme":"dark; SID=2","more":{"q":1}}', keyed);
  expect([path, headers["cookie"], headers["other"], headers["api_key"], headers["sid"]]).toEqual([
    "/x?v=2&q=1&api_key=a%26b",
    "theme=dark%3B%20SID%3D2; c=1; SID=s%3B1",
    "x",
    undefined,
    undefined,
  ]);
  const refused = "api_key is a credential, and not a caller's to give";
  expect(refusal(() => buildRequest(operation, '{"more":{"api_key":"mine"}}', keyed))).toBe(refused);
  expect(refusal(() => buildRequest(operation, '{"all":{"SID":"mine"}}', keyed))).toMatch(
    /^SID is a credential/,
  );
});

test("a form is written as its document says: brackets, lists, JSON", () => {
  const document = readDocument(JSON.stringify(payments));
  const operation = document.operations.find(({ tool }) => tool.name === "PostCustomers");
  if (!operation) throw new Error("No operation");
  const body = {
    email: "a+b@c.example",
    balance: 0,
    address: { city: "Ulm & Co", lines: [{ n: 1 }, { n: 2 }] },
    metadata: { "k=1": "v" },
    expand: ["source", "tax"],
    preferences: { sms: true },
  };
  const { headers, body: sent } = buildRequest(operation, JSON.stringify({ body }), options);
  expect(headers["content-type"]).toBe("application/x-www-form-urlencoded");
  expect(decodeURIComponent(String(sent)).split("&").slice(0, 3)).toEqual([
    "email=a+b@c.example",
    "balance=0",
    "address[city]=Ulm ",
  ]);
  expect([...new URLSearchParams(String(sent))]).toEqual([
    ["email", "a+b@c.example"],
    ["balance", "0"],
    ["address[city]", "Ulm & Co"],
    ["address[lines][0][n]", "1"],
    ["address[lines][1][n]", "2"],
    ["metadata[k=1]", "v"],
    ["expand[0]", "source"],
    ["expand[1]", "tax"],
    ["preferences", '{"sms":true}'],
  ]);
});

test("a form in parts is read back as it was given", async () => {
  const operation = operationOf("post", "/x", {
    requestBody: {
      content: {
        "multipart/form-data": {
          schema: {
            type: "object",
            properties: { file: { type: "string", format: "binary" }, 'n"a\r\nme': {}, tags: {}, meta: {} },
          },
        },
      },
    },
  });
  const body = { 'n"a\r\nme': "line\r\n--castellan", tags: ["a", "b"], meta: { x: 1 } };
  const { headers, body: sent } = buildRequest(operation, JSON.stringify({ body }), options);
  const form = await new Response(sent, {
    headers: { "content-type": headers["content-type"] ?? "" },
  }).formData();
  expect([...form]).toEqual([
    ['n"a\r\nme', "line\r\n--castellan"],
    ["tags", "a"],
    ["tags", "b"],
    ["meta", '{"x":1}'],
  ]);
  expect(refusal(() => buildRequest(operation, '{"body":{"file":"x"}}', options))).toBe(
    "body.file is a file, and files cannot be sent",
  );
});

test("a body that is bytes is sent as the bytes that its Base64 is of", () => {
  const operation = operationOf("put", "/x", {
    requestBody: { content: { "application/octet-stream": {} } },
  });
  const sent = (body: unknown) => buildRequest(operation, JSON.stringify({ body }), options);
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 50 }),
      fc.constantFrom("base64", "base64url"),
      (bytes, encoding) => {
        const { headers, body } = sent(Buffer.from(bytes).toString(encoding as "base64"));
        expect([headers["content-type"], body]).toEqual(["application/octet-stream", Buffer.from(bytes)]);
      },
    ),
  );
  for (const wrong of ["a b", "AAAAA", "=", "A===", "{}", 1, ["AA=="]])
    expect(refusal(() => sent(wrong))).toBe("body has to be a text in Base64: it is sent as bytes");
  expect(refusal(() => sent(Buffer.alloc(10_001).toString("base64")))).toBe(
    "body is larger than 10000 bytes",
  );
});

test("what is missing, unknown, or too large is refused by its name", () => {
  const operation = operationOf("post", "/x/{id}", {
    parameters: [{ name: "id", in: "path", required: true, schema: {} }],
    requestBody: { required: true, content: { "text/plain": {} } },
  });
  const refused = (given: object) => refusal(() => buildRequest(operation, JSON.stringify(given), options));
  expect([
    refused({}),
    refused({ id: null }),
    refused({ id: 1 }),
    refused({ id: 1, body: "x", constructor: 1 }),
    refused({ id: 1, body: "x".repeat(10_001) }),
  ]).toEqual([
    "id is missing",
    "id is missing",
    "body is missing",
    "constructor is not an argument of this operation",
    "body is larger than 10000 bytes",
  ]);
  const { headers, body } = buildRequest(operation, '{"id":1,"body":"hä"}', options);
  expect([headers["content-type"], body]).toEqual(["text/plain; charset=utf-8", "hä"]);
});
