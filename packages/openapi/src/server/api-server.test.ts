import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { isFault } from "@castellan/kernel";
import {
  createModernChannel,
  defaultUpstreamLimits,
  latestModernVersion,
  listAll,
  modernVersions,
  type JsonObject,
  type LocalServer,
  type UpstreamLimits,
} from "@castellan/mcp";
import { createOutbound } from "@castellan/web";
import { expect, onTestFinished, test } from "vitest";
import { readDocument } from "../document/read-document.ts";
import { largeDocument } from "../testing.ts";
import { httpMetaKey } from "./answer.ts";
import { createApiServer, type ApiServerOptions } from "./api-server.ts";

const identity = { name: "castellan", version: "1" };
const signal = new AbortController().signal;

const object = {
  "application/json": { schema: { type: "object", properties: { id: { type: "integer" } } } },
};
const ok = { "200": { description: "", content: object } };
const id = { name: "id", in: "path", required: true, schema: { type: "integer" } };

/** Notes, and ways for an API to answer that are not all of the books. */
const notes = {
  openapi: "3.1.0",
  info: { title: "Notes", version: "7", description: "Notes that last." },
  components: { securitySchemes: { key: { type: "apiKey", in: "query", name: "key" } } },
  paths: {
    "/notes": {
      get: {
        operationId: "list",
        responses: {
          "200": { description: "", content: { "application/json": { schema: { type: "array" } } } },
        },
      },
      post: {
        operationId: "add",
        requestBody: { required: true, content: { "application/json": {} } },
        responses: { "201": ok["200"] },
      },
    },
    "/notes/{id}": {
      parameters: [id],
      get: { operationId: "get", responses: ok },
      delete: { operationId: "drop", responses: { "204": { description: "" } } },
    },
    "/{way}": {
      parameters: [{ name: "way", in: "path", required: true, schema: { type: "string" } }],
      get: { operationId: "go", responses: { "200": { description: "" } } },
      head: { operationId: "peek", responses: ok },
      post: { operationId: "push", responses: { "200": { description: "" } } },
    },
    "/admin": { get: { operationId: "admin", responses: ok } },
    "/told": { get: { operationId: "told", responses: ok } },
  },
};

interface Api {
  readonly url: string;
  /** `GET /path`, of each request. */
  readonly seen: string[];
  readonly requests: IncomingMessage[];
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An API that keeps notes. */
async function openApi(): Promise<Api> {
  const kept = new Map<number, unknown>();
  const requests: IncomingMessage[] = [];
  const other = await listen((_request, response) => response.end("not to be read"));
  const url = await listen((request, response) => {
    requests.push(request);
    const { pathname } = new URL(request.url ?? "", "http://x");
    const json = (status: number, body: string, headers = {}) =>
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
    const number = Number(/^\/v1\/notes\/(\d+)$/.exec(pathname)?.[1]);
    if (pathname === "/v1/notes" && request.method === "POST")
      return void text(request).then((body) => {
        kept.set(kept.size + 1, JSON.parse(body));
        json(201, `{"id":${kept.size},"exact":12345678901234567890}`, { location: `/v1/notes/${kept.size}` });
      });
    if (pathname === "/v1/notes")
      return json(200, JSON.stringify([...kept.values()]), { link: '</v1/notes?page=2>; rel="next"' });
    if (request.method === "DELETE" && kept.delete(number)) return response.writeHead(204).end();
    if (kept.has(number)) return json(200, JSON.stringify(kept.get(number)));
    switch (pathname) {
      case "/v1/text":
        return response
          .writeHead(200, { "content-type": "text/plain; charset=iso-8859-1" })
          .end(Buffer.from("caf\xe9", "latin1"));
      case "/v1/image":
        return response.writeHead(200, { "content-type": "image/png" }).end(Buffer.from([1, 2, 3]));
      case "/v1/bytes":
        return response.writeHead(200, { "content-type": "application/zip" }).end(Buffer.from([0, 255]));
      case "/v1/told":
        return json(200, "[1]");
      case "/v1/twice":
        return json(200, '{"a":1,"a":2}');
      case "/v1/moved":
        return response.writeHead(307, { location: "/v1/text" }).end();
      case "/v1/away":
        return response.writeHead(302, { location: `${other}/secret` }).end();
      case "/v1/round":
        return response.writeHead(302, { location: "/v1/round" }).end();
      case "/v1/secret":
        return response.writeHead(401, { "www-authenticate": 'Bearer realm="notes"' }).end("no");
      case "/v1/scope":
        return response
          .writeHead(403, { "www-authenticate": 'Bearer error="insufficient_scope", scope="write"' })
          .end();
      case "/v1/forbidden":
        return json(403, '{"message":"not yours"}');
      case "/v1/busy":
        return response
          .writeHead(503, { "content-type": "text/plain", "retry-after": "7" })
          .end("x".repeat(50_000));
      case "/v1/large":
        return response.writeHead(200, { "content-type": "text/plain" }).end("x".repeat(20_000));
      case "/v1/packed":
        return response.writeHead(200, { "content-type": "text/plain", "content-encoding": "gzip" }).end("x");
      case "/v1/silent":
        return undefined;
      case "/v1/broken":
        response.writeHead(200, { "content-type": "text/plain", "content-length": "10" }).write("x");
        return void setImmediate(() => response.destroy());
      case "/v1/packed-error":
        return response
          .writeHead(500, { "content-type": "text/plain", "content-encoding": "gzip" })
          .end(Buffer.from([0x1f, 0x8b, 8, 0]));
      case "/v1/pages":
        return json(200, JSON.stringify({ next: `https://x${request.url}&page=2`, ä: 1 }), {
          link: `<https://x${request.url}&page=2>; rel="next"`,
          "set-cookie": "session=1",
        });
      case "/v1/leak": {
        const [token, key] = [request.headers.authorization?.slice(7) ?? "", request.headers["x-api-key"]];
        const again = Buffer.from(String(key)).toString("base64");
        return json(400, JSON.stringify({ said: encodeURIComponent(token), again: `Basic ${again}` }), {
          "x-request-id": `of ${String(key)}`,
        });
      }
      case "/v1/limited":
        return json(200, "{}", {
          "ratelimit-policy": '"default";q=100;w=10',
          "x-ratelimit-remaining": "7",
          "x-total-pages": "3",
          "x-powered-by": "notes",
          "set-cookie": "session=1",
          "www-authenticate": "Bearer",
        });
      case "/v1/echo":
        return json(200, JSON.stringify({ url: request.url, headers: request.headers }));
      default:
        return json(404, '{"message":"no such thing"}');
    }
  });
  return {
    url: `${url}/v1`,
    requests,
    get seen() {
      return requests.map((request) => `${request.method} ${request.url}`);
    },
  };
}

interface Setup {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly limits?: Partial<UpstreamLimits>;
  readonly options?: Partial<ApiServerOptions>;
  readonly text?: string;
}

function openLine({ url, headers = {}, limits, options, text: given = JSON.stringify(notes) }: Setup) {
  const outbound = createOutbound();
  onTestFinished(() => outbound[Symbol.asyncDispose]());
  const document = readDocument(given, { baseUrl: new URL(url) });
  const local: LocalServer = createApiServer({ document: () => document, identity, ...options });
  const target = {
    url: new URL(url),
    dispatcher: outbound.dispatcher({ allowPrivate: ["127.0.0.1"] }),
    headers,
    limits: { ...defaultUpstreamLimits, ...limits },
    local,
  };
  return createModernChannel(target, { version: latestModernVersion, capabilities: {}, resultText: "{}" });
}

async function ask(setup: Setup, method: string, params: object, under = signal): Promise<JsonObject> {
  const answer = await openLine(setup).request({ method, params: JSON.stringify(params), signal: under });
  return answer.kind === "result" ? answer.result : { error: answer.error };
}

function call(setup: Setup, name: string, args?: object): Promise<JsonObject> {
  return ask(setup, "tools/call", { name, arguments: args });
}

/** What a call fails with: its code and status. */
async function failure(setup: Setup, name: string, args: object, under = signal) {
  try {
    await ask(setup, "tools/call", { name, arguments: args }, under);
  } catch (error) {
    if (isFault(error)) return [error.code, error.data?.["status"]];
    throw error;
  }
  throw new Error("It did not fail");
}

/** Without what every result has. */
function told({ content, structuredContent, isError }: JsonObject) {
  return { content, structuredContent, isError };
}

const textContent = (said: string) => [{ type: "text", text: said }];

test("it says what it is, and lists what it has in pages", async () => {
  const api = await openApi();
  const meta = { "io.modelcontextprotocol/serverInfo": { name: "Notes", version: "7" } };
  expect(await ask(api, "server/discover", {})).toEqual({
    resultType: "complete",
    supportedVersions: [...modernVersions],
    capabilities: { tools: {} },
    instructions: "Notes that last.",
    ttlMs: 0,
    cacheScope: "private",
    _meta: meta,
  });
  const large = { ...api, text: largeDocument() };
  const listed = await listAll(openLine(large), { method: "tools/list", member: "tools" }, identity, signal);
  expect(listed?.map((tool) => (JSON.parse(tool) as { name: string }).name)).toEqual(
    readDocument(largeDocument()).operations.map(({ tool }) => tool.name),
  );
  expect(api.seen).toEqual([]);
  expect(await ask(api, "tools/list", { cursor: "9" })).toMatchObject({ error: { code: -32602 } });
  expect(await ask(api, "prompts/list", {})).toMatchObject({ error: { code: -32601 } });
  expect(await call(api, "nothing", {})).toMatchObject({ error: { code: -32602 } });
});

test("calls are requests, and the API's JSON comes back to the digit", async () => {
  const api = await openApi();
  const answer = await openLine(api).request({
    method: "tools/call",
    params: '{"name":"add","arguments":{"body":{"n":9007199254740993}}}',
    signal,
  });
  expect(answer.text).toContain('"structuredContent":{"id":1,"exact":12345678901234567890}');
  expect(told(await call(api, "get", { id: 1 }))).toEqual({
    content: textContent('{"n":9007199254740992}'),
    structuredContent: { n: 9007199254740992 },
    isError: undefined,
  });
  const listed = await call(api, "list");
  expect(told(listed)).toEqual({
    content: textContent('[{"n":9007199254740992}]'),
    structuredContent: undefined,
    isError: undefined,
  });
  expect((listed["_meta"] as JsonObject)[httpMetaKey]).toEqual({
    status: 200,
    headers: { "content-type": "application/json", link: '</v1/notes?page=2>; rel="next"' },
    body: 0,
  });
  expect(told(await call(api, "drop", { id: 1 }))).toEqual({
    content: textContent("HTTP 204 No Content"),
    structuredContent: undefined,
    isError: undefined,
  });
  expect(told(await call(api, "get", { id: 1 }))).toEqual({
    content: [...textContent("HTTP 404 Not Found"), ...textContent('{"message":"no such thing"}')],
    structuredContent: undefined,
    isError: true,
  });
  expect(api.seen).toEqual([
    "POST /v1/notes",
    "GET /v1/notes/1",
    "GET /v1/notes",
    "DELETE /v1/notes/1",
    "GET /v1/notes/1",
  ]);
});

test("what does not fit is told as the result of the call, and nothing is sent", async () => {
  const api = await openApi();
  expect(told(await call(api, "get", { id: ".." }))).toEqual({
    content: textContent("id would lead to another path"),
    structuredContent: undefined,
    isError: true,
  });
  const changed = new Error("changed");
  const options = {
    assertCurrent: () => {
      throw changed;
    },
  };
  await expect(call({ ...api, options }, "list", {})).rejects.toBe(changed);
  expect(api.seen).toEqual([]);
});

test("every form of answer is content", async () => {
  const api = await openApi();
  const go = async (way: string) => told(await call(api, "go", { way }));
  const plain = { structuredContent: undefined, isError: undefined };
  expect(await go("text")).toEqual({ content: textContent("café"), ...plain });
  expect(await go("image")).toEqual({
    content: [{ type: "image", data: "AQID", mimeType: "image/png" }],
    ...plain,
  });
  expect(await go("bytes")).toEqual({
    content: [
      { type: "resource", resource: { uri: `${api.url}/bytes`, mimeType: "application/zip", blob: "AP8=" } },
    ],
    ...plain,
  });
  expect(await go("twice")).toEqual({ content: textContent('{"a":1,"a":2}'), ...plain });
  // Announced as an object, and none.
  expect(told(await call(api, "told"))).toEqual({
    content: textContent("[1]"),
    structuredContent: { result: [1] },
    isError: undefined,
  });
  expect(told(await call(api, "peek", { way: "text" }))).toEqual({
    content: textContent("HTTP 200 OK"),
    ...plain,
  });
});

test("redirects stay at the API", async () => {
  const api = await openApi();
  expect(told(await call(api, "go", { way: "moved" }))["content"]).toEqual(textContent("café"));
  const away = told(await call(api, "go", { way: "away" }));
  expect(away).toEqual({
    content: [
      {
        type: "text",
        text: expect.stringMatching(/^HTTP 302 Found\nLocation: http:\/\/127\.0\.0\.1:\d+\/secret$/),
      },
    ],
    structuredContent: undefined,
    isError: true,
  });
  expect(told(await call(api, "push", { way: "moved" }))["content"]).toEqual(
    textContent("HTTP 307 Temporary Redirect\nLocation: /v1/text"),
  );
  expect(told(await call(api, "go", { way: "round" }))["isError"]).toBe(true);
  expect(api.seen.filter((request) => request.endsWith("/round")).length).toBe(4);
});

test("credentials go with the request, and a refusal of them comes back as one", async () => {
  const api = await openApi();
  const headers = { authorization: "Bearer t", key: "k&1" };
  const { structuredContent } = await call({ ...api, headers }, "go", { way: "echo" });
  expect(structuredContent).toEqual({
    url: "/v1/echo?key=k%261",
    headers: {
      host: new URL(api.url).host,
      connection: "keep-alive",
      authorization: "Bearer t",
      accept: "application/json, */*;q=0.1",
      "accept-encoding": "identity",
      "user-agent": "castellan/1",
    },
  });
  expect(await failure(api, "go", { way: "secret" })).toEqual(["upstream_unauthorized", 401]);
  expect(await failure(api, "go", { way: "scope" })).toEqual(["upstream_unauthorized", 403]);
  expect(told(await call(api, "go", { way: "forbidden" }))).toEqual({
    content: [...textContent("HTTP 403 Forbidden"), ...textContent('{"message":"not yours"}')],
    structuredContent: undefined,
    isError: true,
  });
});

test("a key that stood in the address is not told to who calls, wherever an API repeats it", async () => {
  const api = await openApi();
  const headers = { key: "s3cret/+key ä" };
  const { structuredContent, content, _meta } = await call({ ...api, headers }, "go", { way: "pages" });
  expect(api.seen).toEqual(["GET /v1/pages?key=s3cret%2F%2Bkey%20%C3%A4"]);
  const next = "https://x/v1/pages?key=REDACTED&page=2";
  expect(structuredContent).toEqual({ next, ä: 1 });
  expect(content).toEqual(textContent(JSON.stringify({ next, ä: 1 })));
  expect((_meta as JsonObject)[httpMetaKey]).toEqual({
    status: 200,
    headers: { "content-type": "application/json", link: `<${next}>; rel="next"` },
    body: 0,
  });
});

test("no credentials are told to who calls, in a body, in a header or in an error", async () => {
  const api = await openApi();
  const [token, key, plain] = ["tok/en+of=someone", "key-in-a-header", "not so secret"];
  const headers = { authorization: `Bearer ${token}`, "x-api-key": key, "x-about": plain };
  const { structuredContent } = await call({ ...api, headers }, "go", { way: "echo" });
  expect((structuredContent as { headers: object }).headers).toMatchObject({
    authorization: "Bearer REDACTED",
    "x-api-key": "REDACTED",
    "x-about": plain,
  });
  const failed = await call({ ...api, headers }, "go", { way: "leak" });
  expect(failed["content"]).toEqual([
    ...textContent("HTTP 400 Bad Request"),
    ...textContent(`{"said":"REDACTED","again":"Basic REDACTED"}`),
  ]);
  expect((failed["_meta"] as JsonObject)[httpMetaKey]).toEqual({
    status: 400,
    headers: { "content-type": "application/json", "x-request-id": "of REDACTED" },
    body: 1,
  });
});

test("of headers those are told that one goes on with, and where a redirect leads if it stays", async () => {
  const api = await openApi();
  const headersOf = async (way: string) => {
    const { _meta } = await call(api, "push", { way });
    return ((_meta as JsonObject)[httpMetaKey] as JsonObject)["headers"];
  };
  expect(await headersOf("limited")).toEqual({
    "content-type": "application/json",
    "ratelimit-policy": '"default";q=100;w=10',
    "x-ratelimit-remaining": "7",
    "x-total-pages": "3",
  });
  expect(await headersOf("moved")).toEqual({ location: "/v1/text" });
  expect(await headersOf("away")).toEqual({});
});

test("an operation is not reached by the name of another", async () => {
  const api = await openApi();
  const { isError, content } = told(await call(api, "go", { way: "admin" }));
  expect([isError, content, api.seen]).toEqual([
    true,
    textContent("The path would be that of another operation: GET /admin"),
    [],
  ]);
});

test("what an error has in another encoding is not told, and not unpacked", async () => {
  const api = await openApi();
  expect(told(await call(api, "go", { way: "packed-error" }))["content"]).toEqual(
    textContent("HTTP 500 Internal Server Error"),
  );
});

test("a challenge arrives as the API gave it", async () => {
  const { url } = await openApi();
  const outbound = createOutbound();
  onTestFinished(() => outbound[Symbol.asyncDispose]());
  const document = readDocument(JSON.stringify(notes));
  const reply = await createApiServer({ document: () => document, identity })({
    text: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"go","arguments":{"way":"scope"}}}',
    headers: {},
    credentialHeaders: [],
    url: new URL(url),
    dispatcher: outbound.dispatcher({ allowPrivate: ["127.0.0.1"] }),
    idleTimeoutMs: 1_000,
    maxMessageBytes: 1_000,
    signal,
  });
  const challenge = 'Bearer error="insufficient_scope", scope="write"';
  expect(reply).toEqual({ status: 403, headers: { "www-authenticate": challenge }, body: "" });
});

test("what is too long is cut where it is an error, and refused where it is not", async () => {
  const api = await openApi();
  const options = { maxResultBytes: 10_000 };
  const busy = await call({ ...api, options }, "go", { way: "busy" });
  expect(busy["content"]).toEqual([
    ...textContent(
      "HTTP 503 Service Unavailable\nRetry-After: 7\nOnly the first 16384 bytes of what the API said:",
    ),
    ...textContent("x".repeat(16_384)),
  ]);
  expect(await failure({ ...api, options }, "go", { way: "large" })).toEqual([
    "upstream_too_large",
    undefined,
  ]);
});

test("an API that cannot be heard fails like a server that cannot be", async () => {
  const api = await openApi();
  expect(await failure({ ...api, limits: { idleTimeoutMs: 50 } }, "go", { way: "silent" })).toEqual([
    "upstream_timeout",
    undefined,
  ]);
  expect(await failure(api, "go", { way: "broken" })).toEqual(["upstream_unreachable", undefined]);
  expect(await failure(api, "go", { way: "packed" })).toEqual(["upstream_invalid", undefined]);
  expect(await failure({ url: "http://127.0.0.1:1" }, "list", {})).toEqual([
    "upstream_unreachable",
    undefined,
  ]);
  expect(await failure({ url: "http://127.0.0.2:1" }, "list", {})).toEqual(["outbound_refused", undefined]);
  const gone = new AbortController();
  const failed = failure(api, "go", { way: "silent" }, gone.signal);
  gone.abort();
  expect(await failed).toEqual(["cancelled", undefined]);
});
