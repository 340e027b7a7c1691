import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isFault, type Fault } from "@castellan/kernel";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createOutbound, type OutboundSettings } from "./outbound.ts";
import type { OutboundFetchInit } from "./fetch.ts";
import type { Resolve } from "./resolve.ts";
import { createAuthority, serve, serveProxy } from "./testing.ts";

const limits = { maxBytes: 1000, timeoutMs: 5000 };
const open = { ...limits, policy: { allowPrivate: ["127.0.0.1"] } };
const at =
  (address: string): Resolve =>
  () =>
    Promise.resolve([{ address, family: address.includes(":") ? 6 : 4 }]);

async function failure(action: Promise<unknown>): Promise<Pick<Fault, "code" | "message" | "field">> {
  const error = await action.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isFault(error)) throw new Error("expected a fault", { cause: error });
  return { code: error.code, message: error.message, field: error.field };
}

function echo(request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = request;
  response.setHeader("content-type", "application/json").setHeader("set-cookie", ["a=1", "b=2"]);
  request.on("data", () => {}).on("end", () => response.end(JSON.stringify({ method, url, headers })));
}

test("an exchange with a server that is allowed", async () => {
  await using upstream = await serve(echo);
  await using outbound = createOutbound();
  const url = `http://127.0.0.1:${upstream.port}/a%20b?q=1#hash`;
  const answer = await outbound.fetch(url, {
    ...open,
    method: "POST",
    headers: { "X-Own": "1" },
    body: "hi",
  });
  expect([answer.status, answer.url, answer.headers.getSetCookie()]).toEqual([200, url, ["a=1", "b=2"]]);
  expect(JSON.parse(Buffer.from(answer.body).toString())).toMatchObject({
    method: "POST",
    url: "/a%20b?q=1",
    headers: { "x-own": "1", "accept-encoding": "identity", "content-length": "2" },
  });
});

describe("the address is judged when it connects", () => {
  test.each([
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "::1",
    "::ffff:127.0.0.1",
    "fd00::1",
    "64:ff9b::7f00:1",
  ])("a public name that leads to %s", async (address) => {
    await using outbound = createOutbound({ resolve: at(address) });
    const error = await failure(
      outbound.fetch("https://rebound.example/", { ...limits, policy: { allowPrivate: [] } }),
    );
    expect([error.code, error.field]).toEqual(["outbound_refused", "url"]);
    expect(error.message).toMatch(
      /^url: rebound\.example leads to a (private|reserved) address that no administrator allowed$/,
    );
  });

  test("a name that passes once and is bound to something else for the next connection", async () => {
    await using upstream = await serve((_request, response) =>
      response.setHeader("connection", "close").end("ok"),
    );
    let address = "127.0.0.1";
    await using outbound = createOutbound({ resolve: (name) => at(address)(name) });
    const url = `http://rebound.example:${upstream.port}/`;
    const init = { ...limits, policy: { allowPrivate: ["127.0.0.1/32"] } };
    expect((await outbound.fetch(url, init)).status).toBe(200);
    address = "127.0.0.2";
    expect((await failure(outbound.fetch(url, init))).code).toBe("outbound_refused");
  });

  test("of several addresses only the allowed ones are used", async () => {
    await using upstream = await serve(echo);
    const resolve: Resolve = async () => [
      { address: "10.0.0.1", family: 4 },
      { address: "127.0.0.1", family: 4 },
    ];
    await using outbound = createOutbound({ resolve });
    expect((await outbound.fetch(`http://two.example:${upstream.port}/`, open)).status).toBe(200);
  });

  test("a host allowed by name opens private addresses, and no metadata service", async () => {
    await using upstream = await serve(echo);
    const policy = { allowPrivate: [`billing.corp:${upstream.port}`] };
    const url = `http://billing.corp:${upstream.port}/`;
    await using inside = createOutbound({ resolve: at("127.0.0.1") });
    expect((await inside.fetch(url, { ...limits, policy })).status).toBe(200);
    await using lured = createOutbound({ resolve: at("169.254.169.254") });
    expect((await failure(lured.fetch(url, { ...limits, policy }))).code).toBe("outbound_refused");
    expect((await failure(inside.fetch("http://billing.corp:1/", { ...limits, policy }))).code).toBe(
      "outbound_refused",
    );
  });

  test("http is for the allowed CIDR, and what the name resolves to decides", async () => {
    await using outbound = createOutbound({ resolve: at("93.184.215.14") });
    const error = await failure(outbound.fetch("http://plain.example/", open));
    expect(error.message).toBe(
      "url: plain.example is plain http, which is only for addresses that an administrator allowed",
    );
  });

  test("an address as host needs no resolver to be refused, through the dispatcher too", async () => {
    await using outbound = createOutbound();
    const dispatcher = outbound.dispatcher({ allowPrivate: [] });
    const request = (origin: string) => failure(dispatcher.request({ origin, path: "/", method: "GET" }));
    for (const origin of [
      "https://127.0.0.1:1",
      "https://[::1]:1",
      "https://0x7f.1:1",
      "https://localhost:1",
      "http://a.example",
    ])
      expect((await request(origin)).code).toBe("outbound_refused");
  });

  test("a name without an address is unreachable", async () => {
    const resolve: Resolve = () => Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }));
    await using outbound = createOutbound({ resolve });
    expect(await failure(outbound.fetch("https://nothing.example/", open))).toEqual({
      code: "outbound_unreachable",
      message: "nothing.example could not be reached (ENOTFOUND)",
      field: undefined,
    });
  });
});

describe("limits", () => {
  const fetchFrom = async (
    answer: (response: ServerResponse) => void,
    init: Partial<OutboundFetchInit> = {},
  ) => {
    await using upstream = await serve((_request, response) => answer(response));
    await using outbound = createOutbound();
    return await failure(outbound.fetch(`http://127.0.0.1:${upstream.port}/`, { ...open, ...init }));
  };

  test("a body that is too long, by its length or by count", async () => {
    expect((await fetchFrom((response) => response.end("x".repeat(1001)))).code).toBe("outbound_too_large");
    const endless = (response: ServerResponse) => {
      const more = () => {
        while (response.write("x".repeat(100)));
      };
      response.on("drain", more);
      more();
    };
    expect((await fetchFrom(endless)).code).toBe("outbound_too_large");
  });

  test("a server that is silent before its headers, or after them", async () => {
    expect((await fetchFrom(() => {}, { timeoutMs: 20 })).code).toBe("outbound_timeout");
    expect((await fetchFrom((response) => response.flushHeaders(), { timeoutMs: 20 })).code).toBe(
      "outbound_timeout",
    );
  });

  test("a caller that does not want it any more", async () => {
    const controller = new AbortController();
    const asked = fetchFrom(() => controller.abort(), { signal: controller.signal });
    expect((await asked).code).toBe("cancelled");
    expect((await fetchFrom(() => {}, { signal: AbortSignal.abort() })).code).toBe("cancelled");
  });

  test("a compressed answer, and a connection that breaks", async () => {
    expect(
      (await fetchFrom((response) => response.setHeader("content-encoding", "gzip").end("x"))).code,
    ).toBe("outbound_encoded");
    expect((await fetchFrom((response) => response.destroy())).code).toBe("outbound_unreachable");
  });
});

describe("redirects", () => {
  const redirecting = (to: (port: number) => string, status = 302) =>
    serve((request, response) => {
      if (request.url !== "/from") return echo(request, response);
      response.writeHead(status, { location: to(request.socket.localPort ?? 0) }).end();
      return undefined;
    });
  const from = (port: number) => `http://127.0.0.1:${port}/from`;

  test("are not followed unless asked for", async () => {
    await using upstream = await redirecting(() => "/to");
    await using outbound = createOutbound();
    const answer = await outbound.fetch(from(upstream.port), open);
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "/to"]);
  });

  test.each([
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [302, "PUT", "PUT"],
    [303, "PUT", "GET"],
    [307, "POST", "POST"],
    [308, "POST", "POST"],
    [303, "HEAD", "HEAD"],
  ] as const)("%i turns %s into %s", async (status, method, then) => {
    await using upstream = await redirecting(() => "/to", status);
    await using outbound = createOutbound();
    const headers = { "Content-Type": "text/x", Authorization: "Bearer a" };
    const body = method === "HEAD" ? {} : { body: "hi" };
    const answer = await outbound.fetch(from(upstream.port), {
      ...open,
      method,
      headers,
      ...body,
      maxRedirects: 1,
    });
    expect([answer.status, answer.url]).toEqual([200, `http://127.0.0.1:${upstream.port}/to`]);
    if (method === "HEAD") return;
    const seen = JSON.parse(Buffer.from(answer.body).toString());
    expect([seen.method, seen.headers["content-type"], seen.headers["content-length"]]).toEqual([
      then,
      then === "GET" ? undefined : "text/x",
      then === "GET" ? undefined : "2",
    ]);
    expect(seen.headers.authorization).toBe("Bearer a");
  });

  test("credentials stay with their origin", async () => {
    await using upstream = await redirecting((port) => `http://localhost:${port}/to`);
    await using outbound = createOutbound({ resolve: at("127.0.0.1") });
    const answer = await outbound.fetch(from(upstream.port), {
      ...limits,
      policy: { allowPrivate: ["127.0.0.1", "localhost"] },
      headers: { authorization: "Bearer a", cookie: "a=1", "x-own": "1" },
      maxRedirects: 1,
    });
    const { headers } = JSON.parse(Buffer.from(answer.body).toString());
    expect([headers.authorization, headers.cookie, headers["x-own"]]).toEqual([undefined, undefined, "1"]);
  });

  test.each([
    ["http://127.0.0.2/", "outbound_refused"],
    ["http://169.254.169.254/latest/", "outbound_refused"],
    ["file:///etc/passwd", "outbound_refused"],
    ["http://a:b@127.0.0.1/", "outbound_refused"],
    ["//[::1]/", "outbound_refused"],
    ["http://", "outbound_redirected"],
    ["/from", "outbound_redirected"],
  ])("each hop is checked: %s", async (target, code) => {
    await using upstream = await redirecting(() => target);
    await using outbound = createOutbound();
    expect((await failure(outbound.fetch(from(upstream.port), { ...open, maxRedirects: 3 }))).code).toBe(
      code,
    );
  });
});

describe("pools", () => {
  test("are kept alive, and shared by equal policies", async () => {
    const ports = new Set<unknown>();
    await using upstream = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end("ok");
    });
    await using outbound = createOutbound();
    for (let i = 0; i < 20; i++)
      await outbound.fetch(`http://127.0.0.1:${upstream.port}/`, {
        ...limits,
        policy: { allowPrivate: ["127.0.0.1"] },
      });
    expect(ports.size).toBeLessThanOrEqual(2);
    const policy = Object.freeze({ allowPrivate: Object.freeze(["127.0.0.1"]) });
    expect(outbound.dispatcher(policy)).toBe(outbound.dispatcher({ allowPrivate: ["127.0.0.1/32"] }));
    expect(outbound.dispatcher(policy)).not.toBe(outbound.dispatcher({ allowPrivate: [] }));
  });

  test("open no more connections to an origin than they may", async () => {
    const ports = new Set<unknown>();
    await using upstream = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end("ok");
    });
    await using outbound = createOutbound({ connectionsPerOrigin: 3 });
    const url = `http://127.0.0.1:${upstream.port}/`;
    await Promise.all(Array.from({ length: 20 }, () => outbound.fetch(url, open)));
    expect(ports.size).toBe(3);
  });

  test("who waits for a connection may give up waiting, and is not sent later", async () => {
    const paths: (string | undefined)[] = [];
    await using upstream = await serve((request, response) => {
      paths.push(request.url);
      if (request.url === "/held") response.write("begun");
      else response.end("ok");
    });
    await using outbound = createOutbound({ connectionsPerOrigin: 1 });
    const dispatcher = outbound.dispatcher(open.policy);
    const origin = `http://127.0.0.1:${upstream.port}`;
    const held = await dispatcher.request({ origin, path: "/held", method: "GET" });
    held.body.on("error", () => {});

    const given = new AbortController();
    const waiting = dispatcher.request({ origin, path: "/waiting", method: "GET", signal: given.signal });
    given.abort(new Error("given up"));
    await expect(waiting).rejects.toThrow("given up");
    const late = outbound.fetch(`${origin}/late`, { ...open, timeoutMs: 20 });
    expect((await failure(late)).code).toBe("outbound_timeout");

    const next = outbound.fetch(`${origin}/next`, open);
    held.body.destroy();
    expect([(await next).status, paths]).toEqual([200, ["/held", "/next"]]);
  });

  test("disposal ends what still streams", async () => {
    await using upstream = await serve((_request, response) => response.write("open"));
    const outbound = createOutbound();
    const dispatcher = outbound.dispatcher(open.policy);
    const { body } = await dispatcher.request({
      origin: `http://127.0.0.1:${upstream.port}`,
      path: "/",
      method: "GET",
    });
    body.resume();
    const ended = once(body, "close").catch((error: unknown) => error);
    await outbound[Symbol.asyncDispose]();
    await ended;
    expect(body.destroyed).toBe(true);
    expect(() => outbound.dispatcher(open.policy)).toThrow("after their pools were closed");
  });
});

describe("certificates and proxies", () => {
  const { authority, server } = createAuthority("inside.example");
  const inside = { ...limits, policy: { allowPrivate: ["inside.example"] } };
  let folder = "";
  let caFile = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "castellan-web-"));
    caFile = join(folder, "ca.pem");
    await writeFile(caFile, `# ours\n${authority}`);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("a certificate of our own authority is trusted with its file, and not without", async () => {
    await using upstream = await serve(echo, server);
    const url = `https://inside.example:${upstream.port}/`;
    await using knowing = createOutbound({ caFile, resolve: at("127.0.0.1") });
    expect((await knowing.fetch(url, inside)).status).toBe(200);
    await using ignorant = createOutbound({ resolve: at("127.0.0.1") });
    expect(await failure(ignorant.fetch(url, inside))).toMatchObject({
      code: "outbound_unreachable",
      message: `inside.example:${upstream.port} could not be reached (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
    });
  });

  test("a certificate for another name is not accepted", async () => {
    await using upstream = await serve(echo, server);
    await using outbound = createOutbound({ caFile, resolve: at("127.0.0.1") });
    const policy = { allowPrivate: ["other.example"] };
    const error = await failure(
      outbound.fetch(`https://other.example:${upstream.port}/`, { ...limits, policy }),
    );
    expect(error.message).toBe(
      `other.example:${upstream.port} could not be reached (ERR_TLS_CERT_ALTNAME_INVALID)`,
    );
  });

  test.each([
    ["missing.pem", undefined, "cannot be read"],
    ["empty.pem", "nothing here", "holds no PEM certificate"],
    [
      "broken.pem",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      "holds a certificate that cannot be read (number 1)",
    ],
  ])("a file without certificates is refused (%s)", async (name, text, reason) => {
    const file = join(folder, name);
    if (text !== undefined) await writeFile(file, text);
    const error = await failure((async () => createOutbound({ caFile: file }))());
    expect(error).toEqual({ code: "outbound_ca_invalid", message: `${file} ${reason}`, field: "caFile" });
  });

  async function withProxy(
    settings: OutboundSettings,
    url: (port: number) => string,
    init: OutboundFetchInit = inside,
  ) {
    await using upstream = await serve(echo, url(0).startsWith("https") ? server : undefined);
    await using proxy = await serveProxy(() => upstream.port);
    await using outbound = createOutbound({
      caFile,
      resolve: at("127.0.0.1"),
      proxyUrl: `http://user:p%40ss@127.0.0.1:${proxy.port}`,
      ...settings,
    });
    const answer = await outbound.fetch(url(upstream.port), init).catch((error: unknown) => error);
    return { answer, tunnels: proxy.tunnels };
  }
  const credentials = `Basic ${Buffer.from("user:p@ss").toString("base64")}`;

  test.each(["https", "http"])("%s goes through a tunnel of the proxy, name and all", async (scheme) => {
    const { answer, tunnels } = await withProxy({}, () => `${scheme}://inside.example:7777/x`);
    expect(answer).toMatchObject({ status: 200, url: `${scheme}://inside.example:7777/x` });
    expect(tunnels).toEqual([`inside.example:7777 ${credentials}`]);
  });

  test("what is not for the proxy goes past it", async () => {
    const { answer, tunnels } = await withProxy(
      { noProxy: ".example" },
      (port) => `https://inside.example:${port}/`,
    );
    expect([answer, tunnels]).toMatchObject([{ status: 200 }, []]);
  });

  test("a name is checked before the proxy hears of it, and one bad address is enough", async () => {
    const resolve: Resolve = async () => [
      { address: "93.184.215.14", family: 4 },
      { address: "10.0.0.1", family: 4 },
    ];
    const policy = { allowPrivate: [] };
    for (const settings of [{ resolve }, { resolve: at("127.0.0.1") }]) {
      const { answer, tunnels } = await withProxy(settings, () => "https://inside.example/", {
        ...limits,
        policy,
      });
      expect([isFault(answer, "outbound_refused"), tunnels]).toEqual([true, []]);
    }
    const literal = await withProxy({}, () => "https://10.0.0.1/", { ...limits, policy });
    expect([isFault(literal.answer, "outbound_refused"), literal.tunnels]).toEqual([true, []]);
  });

  test("a proxy that is not there is an upstream that cannot be reached", async () => {
    const { answer } = await withProxy({ proxyUrl: "http://127.0.0.1:1" }, () => "https://inside.example/");
    expect(isFault(answer, "outbound_unreachable")).toBe(true);
  });

  test("a proxy URL that is none is refused without repeating it", async () => {
    for (const proxyUrl of ["socks5://u:secret@a:1", "u:secret@a:1"])
      expect(await failure((async () => createOutbound({ proxyUrl }))())).toEqual({
        code: "web_setting_invalid",
        message: "proxyUrl is not an http or https URL",
        field: "proxyUrl",
      });
  });
});
