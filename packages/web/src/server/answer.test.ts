import { once } from "node:events";
import { kernelFaults } from "@castellan/kernel";
import { setCookie } from "hono/cookie";
import { expect, test } from "vitest";
import { openSocket, serveApp } from "../testing.ts";

/** The global before the adapter put its own into place. */
const NativeResponse = globalThis.Response;

const failing = () =>
  new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("secret: hunter2")) });

/** One that somebody looked into is no longer what the adapter made. */
function opened(answer: Response): Response {
  expect(answer.body).not.toBeNull();
  return answer;
}

const plain = { "Content-Type": "application/json", "X-Own": "1" };

test.each<[string, () => Response, number, string, Record<string, unknown>]>([
  [
    "a string",
    () => new Response("grüße"),
    200,
    "grüße",
    { "content-type": "text/plain;charset=UTF-8", "content-length": "7" },
  ],
  [
    "with plain headers",
    () => new Response("{}", { status: 201, headers: plain }),
    201,
    "{}",
    { "content-type": "application/json", "x-own": "1" },
  ],
  [
    "with Headers",
    () => new Response("{}", { headers: new Headers(plain) }),
    200,
    "{}",
    { "content-type": "application/json", "x-own": "1" },
  ],
  [
    "with pairs",
    () => new Response("{}", { headers: Object.entries(plain) }),
    200,
    "{}",
    { "content-type": "application/json", "x-own": "1" },
  ],
  ["bytes", () => new Response(new TextEncoder().encode("abc")), 200, "abc", { "content-length": "3" }],
  ["nothing", () => new Response(null, { status: 202 }), 202, "", { "content-length": "0" }],
  ["no content", () => new Response(null, { status: 204 }), 204, "", {}],
  ["a native one", () => new NativeResponse("abc", { headers: plain }), 200, "abc", { "x-own": "1" }],
  [
    "a blob",
    () => new Response(new Blob(["abc"], { type: "text/x" })),
    200,
    "abc",
    { "content-type": "text/x" },
  ],
  ["one looked into", () => opened(new Response("abc", { headers: plain })), 200, "abc", { "x-own": "1" }],
  ["JSON", () => Response.json({ a: 1 }), 200, '{"a":1}', { "content-type": "application/json" }],
  ["a redirect", () => Response.redirect("https://a.example/"), 302, "", { location: "https://a.example/" }],
])("%s arrives", async (_name, make, status, body, headers) => {
  await using served = await serveApp((app) => app.get("/x", () => make()));
  const answer = await served.send("/x");
  expect([answer.status, answer.body]).toEqual([status, body]);
  expect(answer.headers).toMatchObject({ ...headers, "x-content-type-options": "nosniff" });
});

test("HEAD has the headers of GET, and no body", async () => {
  await using served = await serveApp((app) => app.get("/x", (c) => c.json({ a: 1 })));
  const answer = await served.send("/x", { method: "HEAD" });
  expect([answer.status, answer.body, answer.headers["content-type"]]).toEqual([200, "", "application/json"]);
});

test("several cookies stay several", async () => {
  await using served = await serveApp((app) =>
    app.get("/x", (c) => {
      setCookie(c, "a", "1");
      setCookie(c, "b", "2");
      return c.text("");
    }),
  );
  expect((await served.send("/x")).headers["set-cookie"]).toEqual(["a=1; Path=/", "b=2; Path=/"]);
});

test.each([
  ["the adapter's", () => new Response(failing())],
  ["a native one", () => new NativeResponse(failing())],
  ["one looked into", () => opened(new Response(failing()))],
])(
  "an answer whose stream fails (%s) is broken off; the error is heard and told to nobody",
  async (_name, make) => {
    await using served = await serveApp((app) => app.get("/x", () => make()));
    const error = await served.send("/x").catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "UND_ERR_SOCKET" });
    expect(served.errors.map(String)).toEqual(["Error: secret: hunter2"]);
  },
);

test("a header that HTTP cannot carry is a defect of ours", async () => {
  await using served = await serveApp((app) =>
    app.get("/x", () => new Response("x", { headers: { "X-Own": "a\u0100secret" } })),
  );
  const answer = await served.send("/x");
  expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
    500,
    { code: "internal_error", requestId: answer.headers["x-request-id"] },
  ]);
  expect(answer.body).not.toMatch("secret");
  expect(served.errors).toMatchObject([{ code: "ERR_INVALID_CHAR" }]);
});

test("the head of a stream goes out before its first event", async () => {
  await using served = await serveApp((app) => app.get("/x", () => new Response(new ReadableStream())));
  const answer = await fetch(`${served.server.url}/x`);
  expect(answer.status).toBe(200);
  await answer.body?.cancel();
});

test("a client that leaves cancels the stream, and that is no error", async () => {
  const { promise: cancelled, resolve } = Promise.withResolvers<void>();
  await using served = await serveApp((app) =>
    app.get("/x", () => new Response(new ReadableStream({ cancel: () => resolve() }))),
  );
  const socket = await openSocket(served.server.port);
  socket.write("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(socket, "data");
  socket.destroy();
  await cancelled;
  expect(served.errors).toEqual([]);
});

test("an endless stream goes no faster than its reader, and ends with it", async () => {
  const piece = new Uint8Array(64 * 1024).fill(120);
  const { promise: cancelled, resolve } = Promise.withResolvers<void>();
  await using served = await serveApp((app) =>
    app.get("/x", () => {
      // Without backpressure this would never let anything else run again.
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => controller.enqueue(piece);
      return new Response(new ReadableStream({ pull, cancel: () => resolve() }));
    }),
  );
  const socket = await openSocket(served.server.port);
  socket.write("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  let bytes = 0;
  for await (const chunk of socket) {
    bytes += (chunk as Buffer).length;
    if (bytes > 20 * piece.length) break;
  }
  await cancelled;
  expect(served.errors).toEqual([]);
});

test.each<[string, Error, number]>([
  ["a defect is told once", new Error("secret: hunter2"), 1],
  ["the caller's own fault is not told", kernelFaults.fault("cancelled", "The client reads too slowly"), 0],
])("a stream that fails while its client does not read ends the connection: %s", async (_, error, told) => {
  const { promise: begun, resolve } = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array>>();
  await using served = await serveApp((app) =>
    app.get("/x", () => new Response(new ReadableStream({ start: (controller) => resolve(controller) }))),
  );
  const socket = await openSocket(served.server.port);
  socket.pause().write("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const stream = await begun;
  // More than the buffers of both sides hold.
  for (let n = 0; n < 512; n++) stream.enqueue(new Uint8Array(64 * 1024));
  for (let size, stillFor = 0; stillFor < 100; stillFor = size === stream.desiredSize ? stillFor + 1 : 0) {
    size = stream.desiredSize;
    await new Promise(setImmediate);
  }
  stream.error(error);
  // The client has not read a byte when the server lets go.
  const { cut } = await served.server.drain({ timeoutMs: 1_000 });
  socket.destroy();
  expect({ cut, told: served.errors.length }).toEqual({ cut: 0, told });
});
