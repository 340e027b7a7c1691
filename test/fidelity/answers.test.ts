/** What a server says reaches a client of the server's own era as it was said, byte for byte. */
import { toolClasses } from "@castellan/access";
import { portalTools } from "@castellan/portal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  exoticCapabilities,
  exoticCompletion,
  exoticInstructions,
  exoticList,
  exoticPrompt,
  exoticPrompts,
  exoticResource,
  exoticResources,
  exoticResult,
  exoticRpcError,
  exoticScript,
  exoticServerInfo,
  exoticTemplates,
  exoticToolResult,
  exoticTools,
  startExoticLegacy,
  startExoticModern,
  startExoticSse,
  type Era,
} from "../fixtures/exotic.ts";
import type { Listener } from "../fixtures/listener.ts";
import { errorText, resultText, type Script } from "../fixtures/script.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { legacyClient, messagesIn, modernClient, type Reply, type WireClient } from "./wire.ts";

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

interface Transport {
  readonly era: Era;
  readonly start: () => Promise<Upstream>;
  /** Server-sent events have one kind of line break; what JSON reads is the same. */
  readonly isInEvents: boolean;
}

const transports: Record<string, Transport> = {
  modern: { era: "modern", start: () => startExoticModern(), isInEvents: false },
  "legacy, answers as JSON": {
    era: "legacy",
    start: () => startExoticLegacy({ answers: "json" }),
    isInEvents: false,
  },
  "legacy, answers in events": { era: "legacy", start: () => startExoticLegacy(), isInEvents: true },
  "legacy, no sessions": {
    era: "legacy",
    start: () => startExoticLegacy({ sessions: "none", answers: "json" }),
    isInEvents: false,
  },
  "HTTP+SSE": { era: "legacy", start: () => startExoticSse(), isInEvents: true },
};

/** A tool's definition under its public name. */
function underName(definition: string, name: string): string {
  return definition.replace(/("name"\s*:\s*)"(\w+)"/, (_, key: string) => `${key}"${name}"`);
}

const refused = ["exotic_duplicate_keys", "exotic_proto", "exotic_rpc_error"] as const;
type Answered = Exclude<keyof typeof exoticTools, (typeof refused)[number]>;
const answered = Object.keys(exoticTools).filter((name) => !refused.includes(name as never)) as Answered[];

describe.each(Object.entries(transports))("%s", (label, { era, start, isInEvents }) => {
  const slug = label.toLowerCase().replaceAll(/[^a-z]+/g, "-");
  let upstream: Upstream;
  let client: WireClient;
  let plain: WireClient;
  let hello: Reply;

  beforeAll(async () => {
    upstream = opened.use(await start());
    // The host that `exoticResource` asks for.
    const server = { url: upstream.url, uiHosts: ["example.com"] };
    const portal = await house.addPortal(slug, { [slug]: server });
    await house.api("POST", "/portals", { slug: `${slug}-plain`, servers: [slug], naming: "plain" });
    const { secret } = await house.api<{ secret: string }>("POST", "/tokens", {
      name: `${slug}-plain`,
      role: "member",
      portals: [`${slug}-plain`],
      allow: toolClasses,
    });
    const plainPortal = {
      url: `${house.url}/p/${slug}-plain/mcp`,
      headers: { authorization: `Bearer ${secret}` },
    };
    if (era === "modern") {
      client = modernClient(portal);
      plain = modernClient(plainPortal);
      hello = await client.request(1, "server/discover");
    } else {
      const legacy = await legacyClient(portal);
      ({ hello } = legacy);
      client = legacy;
      plain = await legacyClient(plainPortal);
    }
  });

  const asCarried = (text: string) => (isInEvents ? text.replaceAll("\r\n", "\n") : text);

  async function expectResult(id: number, method: string, params: string, raw: string): Promise<void> {
    const reply = await client.request(id, method, params);
    expect(messagesIn(reply)).toEqual([resultText(id, asCarried(raw))]);
    expect(reply.status).toBe(200);
  }

  test("what it says of itself", () => {
    const servers = `"dev.castellan/servers":[{"server":"${slug}","serverInfo":${exoticServerInfo},"capabilities":${exoticCapabilities}}]`;
    const { experimental, extensions } = {
      experimental: `{"com.example/telepathy":{"range":1234567890123456789}}`,
      extensions: `{"com.example/holograms":{"versions":[1,2]},"io.modelcontextprotocol/ui":{"mimeTypes":["text/html;profile=mcp-app"]}}`,
    };
    expect(exoticCapabilities).toContain(`"experimental":${experimental},"extensions":${extensions}`);
    const lists = `"tools":{"listChanged":true},"prompts":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"completions":{},"extensions":${extensions},"experimental":${experimental}`;
    const own = `{"name":"castellan","title":"${slug}","version":"0.0.0-test"}`;
    expect(messagesIn(hello)).toEqual([
      resultText(
        1,
        era === "modern"
          ? `{"resultType":"complete","supportedVersions":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"],"capabilities":{${lists}},"instructions":${exoticInstructions},"ttlMs":60000,"cacheScope":"private","_meta":{"io.modelcontextprotocol/serverInfo":${own},${servers}}}`
          : `{"protocolVersion":"2025-11-25","capabilities":{"logging":{},${lists}},"serverInfo":${own},"instructions":${exoticInstructions},"_meta":{${servers}}}`,
      ),
    ]);
  });

  test("tools: every definition, under its public name and under its own, then the portal's", async () => {
    const list = (items: string[]) => {
      const all = [...items, ...portalTools.definitions()].join(",");
      return era === "modern"
        ? `{"resultType":"complete","tools":[${all}],"ttlMs":60000,"cacheScope":"private"}`
        : `{"tools":[${all}]}`;
    };
    const own = Object.values(exoticTools);
    const prefixed = Object.entries(exoticTools).map(([name, text]) => underName(text, `${slug}_${name}`));
    expect(messagesIn(await client.request(2, "tools/list"))).toEqual([resultText(2, list(prefixed))]);
    expect(messagesIn(await plain.request(2, "tools/list"))).toEqual([resultText(2, list(own))]);
  });

  test.each([
    ["prompts/list", "prompts", exoticPrompts],
    ["resources/list", "resources", exoticResources],
    ["resources/templates/list", "resourceTemplates", exoticTemplates],
  ])("%s: every definition", async (method, member, raw) => {
    const [items = ""] = /(?<=\[)\{.*\}(?=\](,"_meta":\{"page":1\})?\}$)/.exec(raw) ?? [];
    const shown = member === "prompts" ? underName(items, `${slug}_exotic_prompt`) : items;
    const text =
      era === "modern"
        ? `{"resultType":"complete","${member}":[${shown}],"ttlMs":60000,"cacheScope":"private"}`
        : `{"${member}":[${shown}]}`;
    expect(messagesIn(await client.request(3, method))).toEqual([resultText(3, text)]);
  });

  test.each(answered)("%s: the result", (tool) =>
    expectResult(
      4,
      "tools/call",
      `{"name":"${slug}_${tool}","arguments":{"bytes":1000}}`,
      exoticToolResult(era, tool, 1000),
    ),
  );

  test("results of prompts, resources and completions", async () => {
    await expectResult(
      5,
      "prompts/get",
      `{"name":"${slug}_exotic_prompt","arguments":{"a":"b"}}`,
      exoticResult(era, exoticPrompt),
    );
    for (const uri of ["exotic://one", "exotic://unlisted/but/fitting?a=1", "ui://exotic/view"])
      await expectResult(
        6,
        "resources/read",
        `{"uri":"${uri}"}`,
        // What one caller was let in to read is not for a cache that others share.
        exoticList(era, exoticResource).replace('"cacheScope":"public"', '"cacheScope":"private"'),
      );
    for (const ref of [
      `{"type":"ref/prompt","name":"${slug}_exotic_prompt"}`,
      `{"type":"ref/resource","uri":"exotic://{a}/{+b}{?c*}"}`,
    ])
      await expectResult(
        7,
        "completion/complete",
        `{"ref":${ref},"argument":{"name":"a","value":""}}`,
        exoticResult(era, exoticCompletion),
      );
  });

  test("an error with its code and data", async () => {
    const { code, message, data } = exoticRpcError;
    const reply = await client.request(8, "tools/call", `{"name":"${slug}_exotic_rpc_error"}`);
    expect(messagesIn(reply)).toEqual([errorText(8, code, message, data)]);
    expect(reply.status).toBe(200);
  });

  test.each(["exotic_duplicate_keys", "exotic_proto"])("%s: read in two ways, so refused", async (tool) => {
    const reply = await client.request(9, "tools/call", `{"name":"${slug}_${tool}"}`);
    expect(JSON.parse(reply.text)).toMatchObject({
      id: 9,
      error: { code: -32000, data: { code: "upstream_invalid" } },
    });
    expect(reply.text).not.toMatch(/polluted|first|second/);
  });

  test("five megabytes, of characters that take one to four bytes", async () => {
    const text = "aé漢🐉".repeat(500_000);
    expect(Buffer.byteLength(text)).toBe(5_000_000);
    const raw = exoticResult(era, `{"content":[{"type":"text","text":"${text}"}],"n":1E400}`);
    upstream.script = { ...exoticScript(era), "tools/call": () => raw };
    const reply = await client.request(10, "tools/call", `{"name":"${slug}_exotic_big"}`);
    upstream.script = exoticScript(era);
    // Compared as a whole, yet not printed.
    expect(reply.text === resultText(10, raw)).toBe(true);
  });

  test("progress and log messages come ahead of the result, in order", async () => {
    const ahead = [
      String.raw`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t-1","progress":0.1e1,"total":1234567890123456789,"message":"\u00e9 \/","x-unknown":-0}}`,
      String.raw`{ "jsonrpc" : "2.0", "method" : "notifications/message", "params" : { "level" : "info", "data" : { "n" : 1E400 }, "_meta" : { "a" : 1.0 } } }`,
      `{"jsonrpc":"2.0","method":"notifications/com.example/unknown","params":{"n":1.10}}`,
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t-1","progress":2.0}}`,
    ];
    const raw = exoticResult(era, `{"content":[],"n":1E400}`);
    upstream.script = {
      ...exoticScript(era),
      async *"tools/call"(_params, call) {
        yield* ahead;
        yield call.notification("notifications/progress", `{"progressToken":"of another","progress":1}`);
        yield call.notification("notifications/tools/list_changed");
        yield call.result(raw);
      },
    };
    const envelope = `"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},`;
    const call = (id: number, level: string) => {
      const meta = era === "modern" ? envelope + level : "";
      return client.request(
        id,
        "tools/call",
        `{"name":"${slug}_exotic_big","_meta":{${meta}"progressToken":"t-1"}}`,
      );
    };
    const logged = await call(11, '"io.modelcontextprotocol/logLevel":"info",');
    expect(messagesIn(logged)).toEqual([...ahead, resultText(11, raw)]);
    // 2026-07-28, logging: who names no level wants no log, nor who names a higher one.
    for (const level of ["", '"io.modelcontextprotocol/logLevel":"notice",']) {
      const unlogged = ahead.filter((text) => era === "legacy" || !text.includes("notifications/message"));
      expect(messagesIn(await call(12, level))).toEqual([...unlogged, resultText(12, raw)]);
    }
    upstream.script = exoticScript(era);
  });
});

test("several servers: what each says of itself is there", async () => {
  const words = [`"One\\n# \\u00e9"`, `"Two 🐉"`];
  const servers: Record<string, string> = {};
  for (const [index, instructions] of words.entries()) {
    const both = [startExoticModern, startExoticLegacy] as const;
    for (const start of both) {
      const upstream = opened.use(await start({ instructions }));
      servers[`${start === startExoticModern ? "modern" : "legacy"}-${index}`] = upstream.url;
    }
  }
  const portal = await house.addPortal("several", servers);
  const replies = {
    modern: await modernClient(portal).request(1, "server/discover"),
    legacy: (await legacyClient(portal)).hello,
  };
  for (const [era, reply] of Object.entries(replies)) {
    const { result } = JSON.parse(reply.text) as {
      result: { instructions: string; _meta: Record<string, { server: string }[]> };
    };
    const said = {
      "modern-0": "One\n# é",
      "legacy-0": "One\n# é",
      "modern-1": "Two 🐉",
      "legacy-1": "Two 🐉",
    };
    expect([era, result.instructions]).toEqual([
      era,
      Object.entries(said)
        .map(([slug, words]) => `# ${slug} (${slug})\n\n${words}`)
        .join("\n\n"),
    ]);
    expect(result._meta["dev.castellan/servers"]?.map(({ server }) => server)).toEqual(Object.keys(said));
    const entry = `"serverInfo":${exoticServerInfo},"capabilities":${exoticCapabilities}}`;
    expect(reply.text.split(entry).length - 1).toBe(4);
  }
});

test("a server that says nonsense of itself does not silence the others", async () => {
  const sane = opened.use(await startExoticModern({ instructions: '"Sane"' }));
  const capabilities = '{"tools":[],"extensions":[1],"experimental":null}';
  const discover = (more: string) => () =>
    `{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":${more},"ttlMs":0,"cacheScope":"private"}`;
  const servers: Record<string, string> = { sane: sane.url };
  for (const [index, more] of [
    `"none","instructions":{"a":1}`,
    `${capabilities},"instructions":7,"_meta":[]`,
    `null,"_meta":null`,
  ].entries()) {
    const script = { ...exoticScript("modern"), "server/discover": discover(more) };
    servers[`odd-${index}`] = opened.use(await startExoticModern({ script })).url;
  }
  const portal = await house.addPortal("nonsense", servers);
  const reply = await modernClient(portal).request(1, "server/discover");
  expect(JSON.parse(reply.text)).toMatchObject({
    result: {
      instructions: "# sane (sane)\n\nSane",
      capabilities: { experimental: { "com.example/telepathy": expect.anything() } },
      _meta: {
        "dev.castellan/servers": Object.keys(servers).map((server) => expect.objectContaining({ server })),
      },
    },
  });
});
