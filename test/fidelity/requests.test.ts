/** What a client asks reaches the server as it was asked, and nothing of who asked or how it was let in. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  exoticResult,
  exoticScript,
  startExoticLegacy,
  startExoticModern,
  startExoticSse,
  type Era,
} from "../fixtures/exotic.ts";
import type { Listener } from "../fixtures/listener.ts";
import type { RecordedRequest } from "../fixtures/recording.ts";
import type { Script } from "../fixtures/script.ts";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import { legacyClient, messagesIn, modernClient, modernMeta, type WireClient } from "./wire.ts";

let house: TestHouse;
const opened = new AsyncDisposableStack();
beforeAll(async () => {
  house = opened.use(await startTestHouse());
});
afterAll(() => opened.disposeAsync());

interface Upstream extends Listener {
  readonly url: string;
  script: Script;
}

const transports: Record<string, { era: Era; start: () => Promise<Upstream> }> = {
  modern: { era: "modern", start: () => startExoticModern() },
  legacy: { era: "legacy", start: () => startExoticLegacy() },
  sse: { era: "legacy", start: () => startExoticSse() },
};

/** Arguments that a parse and a print would change. */
const exoticArguments = String.raw`{ "big" : 1234567890123456789,	"huge":1E400,"zero":-0,"exp":0.1e1,"esc":"\u00e9\ud800\/ 🐉","name":"inner","k\u0065y":{"name":"also inner"},"deep":${"[".repeat(110)}0${"]".repeat(110)},"":null }`;

/** The \`params\` of a recorded message, as they were on the wire. */
function paramsOf({ body, method }: RecordedRequest): string | undefined {
  const [, told, params] =
    /^\{"jsonrpc":"2\.0","id":\d+,"method":"([^"]+)","params":(.*)\}$/s.exec(body) ?? [];
  return told === method ? params : undefined;
}

describe.each(Object.entries(transports))("%s", (slug, { era, start }) => {
  let upstream: Upstream;
  let portal: TestPortal;
  let client: WireClient;

  beforeAll(async () => {
    upstream = opened.use(await start());
    portal = await house.addPortal(slug, { [slug]: upstream.url });
    client = era === "modern" ? modernClient(portal) : await legacyClient(portal);
  });

  /** The first \`_meta\` member that the era demands. */
  const meta = era === "modern" ? `${modernMeta.slice('"_meta":{'.length, -1)},` : "";
  const exoticMeta = `"_meta" : {${meta}"progressToken":0.1e1,"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","tracestate":"a=1","baggage":"b=2","com.example/n":1234567890123456789}`;

  const cases: [method: string, sent: string, arrives: string][] = [
    [
      "tools/call",
      `{"arguments":${exoticArguments},"name" : "${slug}_exotic_content" ,${exoticMeta},"x-unknown":1E2}`,
      `{"arguments":${exoticArguments},"name" : "exotic_content" ,${exoticMeta},"x-unknown":1E2}`,
    ],
    [
      "tools/call",
      String.raw`{"n\u0061me":"${slug}\u005fexotic_content",${exoticMeta}}`,
      String.raw`{"n\u0061me":"exotic_content",${exoticMeta}}`,
    ],
    [
      "prompts/get",
      `{"name":"${slug}_exotic_prompt","arguments":{"a":"\\u00e9","name":"inner"},${exoticMeta}}`,
      `{"name":"exotic_prompt","arguments":{"a":"\\u00e9","name":"inner"},${exoticMeta}}`,
    ],
    [
      "resources/read",
      `{${exoticMeta},"uri":"exotic:\\/\\/one"}`,
      `{${exoticMeta},"uri":"exotic:\\/\\/one"}`,
    ],
    [
      "completion/complete",
      `{"ref":{"x":1.0,"name":"${slug}_exotic_prompt","type":"ref/prompt"},"argument":{"name":"a","value":"\\u0062"},"context":{"arguments":{"c":"d"}},${exoticMeta}}`,
      `{"ref":{"x":1.0,"name":"exotic_prompt","type":"ref/prompt"},"argument":{"name":"a","value":"\\u0062"},"context":{"arguments":{"c":"d"}},${exoticMeta}}`,
    ],
    [
      "completion/complete",
      `{"ref":{"type":"ref/resource","uri":"exotic://{a}/{+b}{?c*}"},"argument":{"name":"a","value":""},${exoticMeta}}`,
      `{"ref":{"type":"ref/resource","uri":"exotic://{a}/{+b}{?c*}"},"argument":{"name":"a","value":""},${exoticMeta}}`,
    ],
  ];

  test.each(cases)("%s: the params, but for the name", async (method, sent, arrives) => {
    upstream.recording.clear();
    const reply = await client.request(1, method, sent);
    expect(JSON.parse(messagesIn(reply).at(-1) ?? "")).toMatchObject({ id: 1, result: {} });
    expect(upstream.recording.of(method).map(paramsOf)).toEqual([arrives]);
  });

  test("three megabytes of arguments", async () => {
    upstream.recording.clear();
    const text = "aé漢🐉".repeat(300_000);
    await client.request(2, "tools/call", `{"name":"${slug}_exotic_content","arguments":{"text":"${text}"}}`);
    const [request] = upstream.recording.of("tools/call");
    expect(request?.body.includes(`"arguments":{"text":"${text}"}`)).toBe(true);
  });

  test("nothing of the client's own hop goes further", async () => {
    upstream.recording.clear();
    const strange = {
      cookie: "session=crumbs",
      "proxy-authorization": "Basic crumbs",
      "x-api-key": "crumbs",
      "x-request-id": "crumbs",
      "x-forwarded-for": "crumbs",
      forwarded: "for=crumbs",
      referer: "http://crumbs.example/",
      "user-agent": "crumbs",
      "accept-language": "crumbs",
      "last-event-id": "crumbs",
    };
    await client.request(3, "tools/call", `{"name":"${slug}_exotic_content"}`, strange);
    await client.request(4, "resources/read", `{"uri":"exotic://one"}`, strange);
    expect(upstream.recording.requests.length).toBe(2);
    for (const { rawHeaders, body, path } of upstream.recording.requests) {
      expect(JSON.stringify([rawHeaders, body, path])).not.toContain("crumbs");
      const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
      expect(names.filter((name) => !expectedHeaders[era].includes(name))).toEqual([]);
    }
  });

  test("the portal's token and the client's session are nowhere in what the server ever saw", async () => {
    upstream.recording.clear();
    const fresh = era === "modern" ? modernClient(portal) : await legacyClient(portal);
    await fresh.request(5, "tools/call", `{"name":"${slug}_exotic_content"}`);
    await house.api("POST", `/servers/${slug}/sync`);
    expect(upstream.recording.of("tools/call").length).toBe(1);
    expect(upstream.recording.of("tools/list").length).toBeGreaterThan(0);
    const sessionId = "sessionId" in fresh ? String(fresh.sessionId) : undefined;
    for (const { rawHeaders, body, path, headers } of upstream.recording.requests) {
      const all = JSON.stringify([rawHeaders, body, path]);
      expect(all).not.toContain(portal.token);
      expect(all).not.toContain(house.adminToken);
      if (sessionId !== undefined) expect(all).not.toContain(sessionId);
      expect(headers.authorization).toBeUndefined();
      expect(headers.cookie).toBeUndefined();
    }
  });
});

const everyHeader = [
  "host",
  "connection",
  "accept",
  "content-type",
  "content-length",
  "mcp-protocol-version",
];
const expectedHeaders: Record<Era, readonly string[]> = {
  modern: [...everyHeader, "mcp-method", "mcp-name"],
  legacy: [...everyHeader, "mcp-session-id"],
};

describe("headers of a modern request are made anew", () => {
  const tool = String.raw`{"name":"größe → 🐉","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"nested":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"Big-Number"}}},"dry":{"type":"boolean","x-mcp-header":"dry"}}}}`;
  const wrong = `{"name":"unsound","inputSchema":{"type":"object","properties":{"x":{"type":"number","x-mcp-header":"X"}}}}`;
  let upstream: Upstream;
  let portal: TestPortal;
  let tools: { name: string }[] = [];

  beforeAll(async () => {
    upstream = opened.use(
      await startExoticModern({
        headerParams: {
          // The number is left out: the fixture reads it as JavaScript does, which is what this is about.
          "größe → 🐉": { Region: ["region"], dry: ["dry"] },
        },
        script: {
          ...exoticScript("modern"),
          "tools/list": () =>
            `{"resultType":"complete","tools":[${tool},${wrong}],"ttlMs":0,"cacheScope":"public"}`,
          "tools/call": () => exoticResult("modern", `{"content":[]}`),
        },
      }),
    );
    portal = await house.addPortal("headers", { headers: upstream.url });
    const reply = await modernClient(portal).request(1, "tools/list");
    const { result } = JSON.parse(reply.text) as { result: { tools: { name: string }[] } };
    ({ tools } = result);
  });

  test("a tool whose marks are unsound is not offered", () => {
    expect(tools.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^headers_[A-Za-z0-9_-]{1,56}$/),
      "portal_list_servers",
    ]);
  });

  const base64 = (text: string) => `=?base64?${Buffer.from(text).toString("base64")}?=`;
  const sent = String.raw`{"region":"K\u00f6ln ","nested":{"n":1234567890123456789},"dry":true}`;
  const headers = {
    "mcp-param-region": base64("Köln "),
    "mcp-param-big-number": "1234567890123456789",
    "mcp-param-dry": "true",
  };

  test("Mcp-Name is the server's name for it, Mcp-Param-* what the arguments say", async () => {
    upstream.recording.clear();
    const reply = await modernClient(portal).request(
      2,
      "tools/call",
      `{"name":"${tools[0]?.name}","arguments":${sent}}`,
      headers,
    );
    expect(reply.text).toBe(`{"jsonrpc":"2.0","id":2,"result":{"resultType":"complete","content":[]}}`);
    const [request] = upstream.recording.of("tools/call");
    expect(request?.headers).toMatchObject({
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": base64("größe → 🐉"),
      ...headers,
    });
  });

  test.each([
    ["another value", { ...headers, "mcp-param-big-number": "1234567890123456788" }],
    ["a header that is missing", { ...headers, "mcp-param-dry": [] }],
    ["base64 that is none", { ...headers, "mcp-param-region": "=?base64?K?=" }],
  ])("%s: refused before the server hears of it", async (_, changed) => {
    upstream.recording.clear();
    const { "mcp-param-dry": dry, ...rest } = changed;
    const reply = await modernClient(portal).request(
      3,
      "tools/call",
      `{"name":"${tools[0]?.name}","arguments":${sent}}`,
      typeof dry === "string" ? { ...rest, "mcp-param-dry": dry } : rest,
    );
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.text)).toMatchObject({
      id: 3,
      error: { code: -32020, data: { code: "header_mismatch" } },
    });
    expect(upstream.recording.requests).toEqual([]);
  });
});
