import { isFault } from "@castellan/kernel";
import fc from "fast-check";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { openSocket, readAll, serveApp } from "../testing.ts";
import { readBody } from "./read-body.ts";

function addRoutes(app: Hono) {
  app.post("/echo", async (c) => new Response(await readBody(c, { maxBytes: 1000 })));
}

test("the bytes arrive as they were sent, in however many pieces", async () => {
  await using served = await serveApp(addRoutes);
  const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 90 }), { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(pieces, async (chunks) => {
      const socket = await openSocket(served.server.port);
      socket.write("POST /echo HTTP/1.0\r\nHost: localhost\r\n");
      socket.write(`Content-Length: ${Buffer.concat(chunks).length}\r\n\r\n`);
      for (const chunk of chunks) socket.write(chunk);
      const received: Buffer[] = [];
      for await (const chunk of socket) received.push(chunk as Buffer);
      const answer = Buffer.concat(received);
      expect(answer.subarray(answer.indexOf("\r\n\r\n") + 4)).toEqual(Buffer.concat(chunks));
    }),
    { numRuns: 30 },
  );
});

async function codeOf(head: string, body: string): Promise<unknown> {
  await using served = await serveApp(addRoutes);
  const socket = await openSocket(served.server.port);
  socket.write(`POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${head}\r\n${body}`);
  const answer = await readAll(socket);
  const [, text = ""] = answer.split("\r\n\r\n");
  return answer.startsWith("HTTP/1.1 200") ? 200 : JSON.parse(text).code;
}

const chunked = (...sizes: number[]) =>
  `${sizes.map((size) => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`).join("")}0\r\n\r\n`;

test.each([
  ["1000 bytes", "Content-Length: 1000\r\n", "x".repeat(1000), 200],
  ["no body", "", "", 200],
  ["too long by its length, none of it sent", "Content-Length: 1001\r\n", "", "body_too_large"],
  ["too long by count", "Transfer-Encoding: chunked\r\n", chunked(500, 500, 1), "body_too_large"],
  ["chunked within the limit", "Transfer-Encoding: chunked\r\n", chunked(500, 500), 200],
  ["compressed", "Content-Encoding: gzip\r\nContent-Length: 1\r\n", "x", "content_encoding_unsupported"],
  [
    "compressed twice",
    "Content-Encoding: identity, gzip\r\nContent-Length: 1\r\n",
    "x",
    "content_encoding_unsupported",
  ],
  ["identity", "Content-Encoding: Identity\r\nContent-Length: 1\r\n", "x", 200],
  ["broken chunk", "Transfer-Encoding: chunked\r\n", "zz\r\n", "request_malformed"],
  [
    "both length and chunked",
    "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
    chunked(3),
    "request_malformed",
  ],
])("%s", async (_name, head, body, code) => {
  expect(await codeOf(head, body)).toBe(code);
});

test("a client that leaves in the middle", async () => {
  const { promise: failed, resolve } = Promise.withResolvers<unknown>();
  await using served = await serveApp((app) =>
    app.post("/echo", async (c) => {
      const reading = readBody(c, { maxBytes: 1000 });
      reading.catch(resolve);
      socket.destroy();
      return new Response(await reading);
    }),
  );
  const socket = await openSocket(served.server.port);
  socket.write("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf");
  expect(isFault(await failed, "body_incomplete")).toBe(true);
});

test("the connection lives on after a body that was too long", async () => {
  await using served = await serveApp(addRoutes);
  const socket = await openSocket(served.server.port);
  socket.write(`POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n${"x".repeat(1001)}`);
  socket.write("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
  const answers = (await readAll(socket)).match(/HTTP\/1\.1 \d+|hi$/g);
  expect(answers).toEqual(["HTTP/1.1 413", "HTTP/1.1 200", "hi"]);
});

test("without a socket, the same limits", async () => {
  const app = new Hono();
  addRoutes(app);
  app.onError((error, c) => c.text(isFault(error) ? error.code : String(error)));
  const post = async (init: RequestInit) => (await app.request("/echo", { method: "POST", ...init })).text();
  expect(await post({ body: "hello" })).toBe("hello");
  expect(await post({})).toBe("");
  expect(await post({ body: "x".repeat(1001) })).toBe("body_too_large");
  expect(await post({ body: "x", headers: { "content-length": "1001" } })).toBe("body_too_large");
  expect(await post({ body: "x", headers: { "content-encoding": "br" } })).toBe(
    "content_encoding_unsupported",
  );
  const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
  expect(await post({ body: broken, duplex: "half" } as RequestInit)).toBe("body_incomplete");
});
