import { isFault } from "@castellan/kernel";
import { expect, test } from "vitest";
import { openSocket, readAll, serveApp } from "../testing.ts";
import { startHttpServer } from "./http-server.ts";

const answering = { app: { fetch: () => new Response("ok") }, onError: () => {} };

test("a port that is taken is one clear sentence", async () => {
  await using first = await startHttpServer({ ...answering, host: "127.0.0.1", port: 0 });
  const second = startHttpServer({ ...answering, host: "127.0.0.1", port: first.port });
  const error = await second.catch((error: unknown) => error);
  expect(isFault(error, "port_in_use") && error.message).toBe(
    `Port ${first.port} on 127.0.0.1 is in use by another process`,
  );
});

test("an address that is not this machine's", async () => {
  const error = await startHttpServer({ ...answering, host: "192.0.2.1", port: 0 }).catch(
    (error: unknown) => error,
  );
  expect(isFault(error, "listen_failed") && error.message).toBe(
    "Cannot listen on 192.0.2.1, port 0 (EADDRNOTAVAIL)",
  );
});

test("the URL is one that a client can use", async () => {
  await using wild = await startHttpServer({ ...answering, host: "0.0.0.0", port: 0 });
  expect(wild.url).toBe(`http://localhost:${wild.port}`);
  expect(await (await fetch(wild.url)).text()).toBe("ok");
});

test.each([
  ["not HTTP", "\u0016\u0003\u0001 hello\r\n\r\n", 400, "request_malformed"],
  ["no version", "GET /\r\n\r\n", 400, "request_malformed"],
  ["a blank in a header's name", "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400, "request_malformed"],
  ["a folded header", "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n", 400, "request_malformed"],
  [
    "two lengths",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    400,
    "request_malformed",
  ],
  [
    "long headers",
    `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(17_000)}\r\n\r\n`,
    431,
    "headers_too_large",
  ],
  [
    "a host that is none",
    "GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
    400,
    "request_malformed",
  ],
  [
    "a target that is none",
    "GET x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    400,
    "request_malformed",
  ],
])("%s gets a clean answer", async (_name, text, status, code) => {
  await using served = await serveApp(() => {});
  const socket = await openSocket(served.server.port);
  socket.write(text);
  const answer = await readAll(socket);
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  expect(head.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
  const problem = JSON.parse(body);
  expect(problem).toEqual({
    type: `urn:castellan:fault:${code}`,
    title: expect.any(String),
    status,
    code,
    detail: expect.any(String),
    requestId: expect.stringMatching(/^req_/),
  });
  expect(answer).not.toMatch(/\bat .*:\d+/);
  expect(served.errors).toEqual([]);
  expect(served.refused).toEqual([{ address: "127.0.0.1", code }]);
});

test("garbage after an answer has begun closes the connection and adds nothing to the answer", async () => {
  await using served = await serveApp((app) =>
    app.post("/stream", (c) => {
      const begun = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("begun")),
      });
      return c.body(begun);
    }),
  );
  const socket = await openSocket(served.server.port);
  socket.write("POST /stream HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) {
    text += chunk as string;
    if (text.includes("begun")) socket.write("garbage\r\n");
  }
  expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(text.endsWith("5\r\nbegun\r\n")).toBe(true);
});

test("headers that dribble in are cut off", async () => {
  await using served = await serveApp(() => {}, { headersTimeoutMs: 1, requestTimeoutMs: 2 });
  const socket = await openSocket(served.server.port);
  socket.write("GET / HTTP/1.1\r\nHost:");
  expect((await readAll(socket)).slice(0, 12)).toBe("HTTP/1.1 408");
  expect(served.refused).toEqual([{ address: "127.0.0.1", code: "request_timed_out" }]);
});

test("what escapes the application is heard, and told to nobody", async () => {
  const errors: unknown[] = [];
  const app = { fetch: () => Promise.reject(new Error("secret: hunter2")) };
  await using server = await startHttpServer({
    app,
    host: "127.0.0.1",
    port: 0,
    onError: (error) => errors.push(error),
  });
  const answer = await fetch(server.url);
  expect([answer.status, await answer.json()]).toMatchObject([500, { code: "internal_error" }]);
  expect(errors.map(String)).toEqual(["Error: secret: hunter2"]);
});
