import { once } from "node:events";
import { expect, test } from "vitest";
import { drainSignal } from "../inbound/signals.ts";
import { openSocket, readAll, serveApp } from "../testing.ts";

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

test("running requests finish, idle and silent connections close, nobody new comes in", async () => {
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const served = await serveApp((app) =>
    app
      .get("/slow", async (c) => {
        start();
        await released;
        return c.text("done");
      })
      .get("/quick", (c) => c.text("ok")),
  );
  const { port } = served.server;
  const silent = await openSocket(port);
  const silentClosed = once(silent.resume(), "close");
  const idle = await openSocket(port);
  idle.write(get("/quick"));
  await once(idle, "data");
  const busy = await openSocket(port);
  busy.write(get("/slow"));
  await started;

  const idleClosed = once(idle, "close");
  const drained = served.server.drain({ timeoutMs: 30_000 });
  await idleClosed;
  await expect(openSocket(port)).rejects.toThrow("ECONNREFUSED");
  const answer = readAll(busy);
  release();
  expect(await answer).toMatch(/^HTTP\/1\.1 200 [^]*\r\nConnection: close\r\n[^]*\r\n\r\ndone$/i);
  expect(await drained).toEqual({ cut: 0 });
  await silentClosed;
});

test("streams are told to end, and end whole", async () => {
  const served = await serveApp((app) =>
    app.get("/stream", (c) => {
      const encoder = new TextEncoder();
      return new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(encoder.encode(": open\n\n"));
            drainSignal(c).addEventListener("abort", () => {
              controller.enqueue(encoder.encode(": bye\n\n"));
              controller.close();
            });
          },
        }),
        { headers: { "content-type": "text/event-stream" } },
      );
    }),
  );
  const answer = await fetch(`${served.server.url}/stream`);
  expect(await served.server.drain({ timeoutMs: 30_000 })).toEqual({ cut: 0 });
  expect(await answer.text()).toBe(": open\n\n: bye\n\n");
});

test("what takes longer is cut, and counted", async () => {
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const served = await serveApp((app) =>
    app.get("/never", async () => {
      start();
      await new Promise(() => {});
      return new Response();
    }),
  );
  const socket = await openSocket(served.server.port);
  socket.write(get("/never"));
  await started;
  const closed = once(socket, "close");
  expect(await served.server.drain({ timeoutMs: 10 })).toEqual({ cut: 1 });
  await closed;
});

test("a request that was on its way is answered during the drain, and readiness says no", async () => {
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const served = await serveApp((app) =>
    app.get("/slow", async (c) => {
      start();
      await released;
      return c.text("done");
    }),
  );
  const late = await openSocket(served.server.port);
  late.write("GET /health/ready HTTP/1.1\r\n");
  const busy = await openSocket(served.server.port);
  busy.write(get("/slow"));
  await started;
  const drained = served.server.drain({ timeoutMs: 30_000 });
  late.write("Host: localhost\r\n\r\n");
  const text = await readAll(late);
  expect(text).toMatch(/^HTTP\/1\.1 503 [^]*\r\nConnection: close\r\n/i);
  expect(JSON.parse(text.split("\r\n\r\n")[1] ?? "")).toEqual({
    status: "unready",
    checks: { draining: "failed" },
  });
  const answer = readAll(busy);
  release();
  expect((await answer).endsWith("done")).toBe(true);
  expect(await drained).toEqual({ cut: 0 });
});

test("draining twice is draining once", async () => {
  const served = await serveApp(() => {});
  await Promise.all([served.server.drain({ timeoutMs: 1000 }), served.server.drain({ timeoutMs: 0 })]);
  await served.server[Symbol.asyncDispose]();
  await expect(openSocket(served.server.port)).rejects.toThrow("ECONNREFUSED");
});
