/** Below the messages: requests that HTTP itself refuses, that two readers would take apart differently, or that never end. */
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { exchange, jsonHeaders, type Reply } from "../fidelity/wire.ts";
import { expectRefusal, startScene, type Scene } from "./scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene[Symbol.asyncDispose]());
afterEach(() => scene.expectUnharmed());

const body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"l_echo"}}';

/** The head of a good request, less what is taken out. */
function head(...more: readonly string[]): string {
  const { host } = new URL(scene.url);
  return [
    "POST /p/work/mcp HTTP/1.1",
    `Host: ${host}`,
    `Authorization: Bearer ${scene.token}`,
    "Content-Type: application/json",
    "Accept: application/json, text/event-stream",
    `Mcp-Session-Id: ${scene.sessions.own}`,
    "MCP-Protocol-Version: 2025-11-25",
    ...more,
  ].join("\r\n");
}

const length = `Content-Length: ${body.length}`;
const whole = (...more: readonly string[]) => `${head(length, ...more)}\r\n\r\n${body}`;

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(scene.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  return socket;
}

/** Sends bytes, and reads until the server closes the connection. */
async function sendBytes(bytes: string): Promise<string> {
  const socket = await open();
  let answer = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    answer += chunk;
  });
  // A server that closes on the first wrong byte need not have read the last.
  socket.on("error", () => undefined);
  socket.write(bytes, "latin1");
  await once(socket, "close");
  return answer;
}

/** The answers in what came over a connection. */
function repliesIn(text: string): Reply[] {
  return text
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((part) => part !== "")
    .map((part) => {
      const [top = "", content = ""] = part.split(/\r\n\r\n(.*)/s, 2);
      const [status = "", ...lines] = top.split("\r\n");
      const headers = lines.map((line) => line.split(/:\s*(.*)/s, 2) as [string, string]);
      return {
        status: Number(status.split(" ")[1]),
        headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
        text: content,
      };
    });
}

/** What a connection that just closed has answered. */
const none: Reply = { status: 0, headers: {}, text: "null" };
const malformed = { status: 400, code: "request_malformed" };

describe("not HTTP, or in two ways HTTP", () => {
  const chunked = "Transfer-Encoding: chunked";
  const inChunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  test.each<[string, () => string]>([
    ["a length and chunks", () => `${head(length, chunked)}\r\n\r\n${inChunks}`],
    ["chunks and a length", () => `${head(chunked, "Content-Length: 3")}\r\n\r\n${inChunks}`],
    ["two lengths", () => `${head(length, "Content-Length: 3")}\r\n\r\n${body}`],
    ["a list of lengths", () => `${head(`${length}, 3`)}\r\n\r\n${body}`],
    ["a negative length", () => `${head("Content-Length: -1")}\r\n\r\n${body}`],
    ["a length with a sign", () => `${head(`Content-Length: +${body.length}`)}\r\n\r\n${body}`],
    ["a length in hexadecimal", () => `${head("Content-Length: 0x10")}\r\n\r\n${body}`],
    ["a length beyond counting", () => `${head(`Content-Length: ${"9".repeat(40)}`)}\r\n\r\n${body}`],
    ["an encoding after the chunks", () => `${head(`${chunked}, identity`)}\r\n\r\n${inChunks}`],
    ["an encoding like chunked", () => `${head("Transfer-Encoding: xchunked")}\r\n\r\n${inChunks}`],
    ["chunks twice", () => `${head(chunked, chunked)}\r\n\r\n${inChunks}`],
    ["a chunk without a size", () => `${head(chunked)}\r\n\r\nzz\r\n${body}\r\n0\r\n\r\n`],
    ["a chunk longer than said", () => `${head(chunked)}\r\n\r\n3\r\n${body}\r\n0\r\n\r\n`],
    ["a chunk size beyond counting", () => `${head(chunked)}\r\n\r\n${"f".repeat(40)}\r\n`],
    ["a space before the colon", () => whole("X-A : b")],
    ["a header without a name", () => whole(": b")],
    ["a name with a space", () => whole("X A: b")],
    ["NUL in a value", () => whole("X-A: a\0b")],
    ["a bare CR in a value", () => whole("X-A: a\rX-B: c")],
    ["a bare LF in a value", () => whole("X-A: a\nX-B: c")],
    ["a header continued on the next line", () => whole("X-A: b\r\n c")],
    ["no version", () => whole().replace(" HTTP/1.1", "")],
    ["a version of its own", () => whole().replace("HTTP/1.1", "HTTP/9.9")],
    ["a method of its own", () => whole().replace("POST", "STEAL")],
    ["a method in lower case", () => whole().replace("POST", "post")],
    ["a target without a slash", () => whole().replace("/p/work/mcp", "p/work/mcp")],
    ["HTTP/2", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["TLS", () => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\0".repeat(600)],
    ["noise", () => "\xff\xfe\x00\r\n\r\n"],
  ])("%s", async (_, bytes) => {
    const smuggled = `GET /health/live HTTP/1.1\r\nHost: ${new URL(scene.url).host}\r\n\r\n`;
    const replies = repliesIn(await sendBytes(bytes() + smuggled));
    // One answer, and the end of the connection: what followed was nobody's request.
    expect(replies.length).toBe(1);
    for (const reply of replies) expectRefusal(reply, malformed);
  });

  test.each<[string, () => string]>([
    ["two hosts", () => whole("Host: other.example", "Connection: close")],
    ["two hosts that agree", () => whole(`Host: ${new URL(scene.url).host}`, "Connection: close")],
    ["no host", () => whole("Connection: close").replace(/Host: .*?\r\n/, "")],
    ["a host with a user", () => whole("Connection: close").replace("Host: ", "Host: x@")],
  ])("%s", async (_, bytes) => {
    const [reply, ...more] = repliesIn(await sendBytes(bytes()));
    expect(more).toEqual([]);
    expectRefusal(reply ?? none, malformed);
  });

  test("headers that are too long", async () => {
    const [reply, ...more] = repliesIn(await sendBytes(whole(`X-A: ${"a".repeat(20_000)}`)));
    expect(more).toEqual([]);
    expectRefusal(reply ?? none, { status: 431, code: "headers_too_large" });
  });

  test.each([
    "Upgrade: websocket\r\nConnection: Upgrade, close",
    "Upgrade: h2c\r\nConnection: Upgrade, close",
  ])("%s: not taken up", async (upgrade) => {
    const replies = repliesIn(await sendBytes(whole(upgrade)));
    expect(replies.map(({ status }) => status)).toEqual([200]);
  });

  test("a tunnel", async () => {
    const replies = repliesIn(
      await sendBytes("CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254:80\r\n\r\n"),
    );
    expect(replies.filter(({ status }) => status < 400)).toEqual([]);
  });

  test("an expectation that nobody meets", async () => {
    const replies = repliesIn(await sendBytes(whole("Expect: a-miracle", "Connection: close")));
    expect(replies.map(({ status }) => status)).toEqual([417]);
  });
});

describe("for somebody else", () => {
  const base = () => ({
    ...jsonHeaders,
    authorization: `Bearer ${scene.token}`,
    "mcp-session-id": scene.sessions.own,
  });
  test.each(["evil.example", "127.0.0.1.evil.example", "evil.example:80", "[::2]"])("host %s", async (host) =>
    expectRefusal(await exchange(scene.url, { headers: { ...base(), host }, body }), {
      status: 421,
      code: "host_not_allowed",
    }),
  );

  test("a target that names another host", async () => {
    const bytes = whole("Connection: close").replace(" /p/work", " http://evil.example/p/work");
    const [reply] = repliesIn(await sendBytes(bytes));
    expectRefusal(reply ?? none, { status: 421, code: "host_not_allowed" });
  });

  test.each([
    "https://evil.example",
    "null",
    "http://127.0.0.1.evil.example",
    "chrome-extension://abc",
    "http://localhost:1, x",
  ])("origin %s", async (origin) => {
    for (const method of ["POST", "OPTIONS", "GET"]) {
      const preflight = { "access-control-request-method": "POST" };
      const headers = { ...base(), origin, ...(method === "OPTIONS" && preflight) };
      const reply = await exchange(scene.url, { method, headers, ...(method === "POST" && { body }) });
      expectRefusal(reply, { status: 403, code: "origin_not_allowed" });
      expect(reply.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  test.each(["PUT", "PATCH", "OPTIONS", "PROPFIND"])("%s", async (method) => {
    const reply = await exchange(scene.url, { method, headers: base(), body });
    expectRefusal(reply, { status: 405, code: "method_not_allowed" });
    expect(reply.headers.allow).toMatch(/POST/);
  });

  test.each([
    "/",
    "/p/work",
    "/p/work/mcp/",
    "/p//mcp",
    "/p/work/mcp/x",
    "//p/work/mcp",
    "/p/a/b/mcp",
    "/P/work/mcp",
  ])("%s", async (path) =>
    expectRefusal(await exchange(scene.house.url + path, { headers: base(), body }), {
      status: 404,
      code: "route_unknown",
    }),
  );

  test.each(["/p/%zz/mcp", "/p/%ff/mcp", "/p/%2f/mcp"])("%s is a portal that is not there", async (path) =>
    expectRefusal(await exchange(scene.house.url + path, { headers: base(), body }), {
      status: 404,
      rpc: -32000,
      code: "portal_unknown",
      id: 1,
    }),
  );
});

describe("bodies that take their time", () => {
  test("one that comes byte by byte is read, and holds nobody up", async () => {
    const socket = await open();
    socket.setNoDelay(true).write(`${head(length, "Connection: close")}\r\n\r\n`);
    for (const byte of body.slice(0, -1)) socket.write(byte);
    await scene.expectUnharmed();
    let answer = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      answer += chunk;
    });
    socket.write(body.slice(-1));
    await once(socket, "close");
    expect(repliesIn(answer).map(({ status }) => status)).toEqual([200]);
  });

  test("fifty that never end hold nobody up, and are forgotten when they go", async () => {
    const left = async () => {
      const { items } = await scene.house.api<{ items: { code?: string }[] }>("GET", "/calls?limit=500");
      return items.filter(({ code }) => code === "body_incomplete").length;
    };
    const before = await left();
    const sockets = await Promise.all(Array.from({ length: 50 }, open));
    for (const socket of sockets) socket.write(`${head(length)}\r\n\r\n${body.slice(0, 10)}`);
    await scene.expectUnharmed();
    for (const socket of sockets) socket.destroy();
    await expect.poll(left).toBe(before + 50);
  });

  test("a client that leaves before its answer", async () => {
    const socket = await open();
    socket.write(whole());
    socket.destroy();
    await scene.expectUnharmed();
  });

  test("requests one after the other on one connection are answered in order", async () => {
    const three = [1, 2, 3].map((id) => whole().replace('"id":1', `"id":${id}`));
    const last = whole("Connection: close").replace('"id":1', '"id":4');
    const replies = repliesIn(await sendBytes([...three, last].join("")));
    expect(replies.map(({ text }) => JSON.parse(text) as unknown)).toMatchObject(
      [1, 2, 3, 4].map((id) => ({ id, result: { content: [] } })),
    );
  });
});
