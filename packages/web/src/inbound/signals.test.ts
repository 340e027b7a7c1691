import { once } from "node:events";
import { isFault } from "@castellan/kernel";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { openSocket, serveApp } from "../testing.ts";
import { serverBindings } from "./environment.ts";
import { clientGone, drainSignal } from "./signals.ts";

const get = "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n";

test("a client that leaves is noticed, with a reason; asking twice gives one signal", async () => {
  const { promise: started, resolve } = Promise.withResolvers<AbortSignal>();
  await using served = await serveApp((app) =>
    app.get("/slow", async (c) => {
      expect(clientGone(c)).toBe(clientGone(c));
      resolve(clientGone(c));
      await once(clientGone(c), "abort");
      return c.text("");
    }),
  );
  const socket = await openSocket(served.server.port);
  socket.write(get);
  const signal = await started;
  expect(signal.aborted).toBe(false);
  socket.destroy();
  await once(signal, "abort");
  expect(isFault(signal.reason, "cancelled")).toBe(true);
});

test("a signal asked for after the client left has aborted already", async () => {
  const { promise: verdict, resolve } = Promise.withResolvers<boolean>();
  await using served = await serveApp((app) =>
    app.get("/slow", async (c) => {
      socket.destroy();
      await once(serverBindings(c)?.outgoing ?? socket, "close");
      resolve(clientGone(c).aborted);
      return c.text("");
    }),
  );
  const socket = await openSocket(served.server.port);
  socket.write(get);
  expect(await verdict).toBe(true);
});

test("an answer that is complete is no client that left", async () => {
  const signals: AbortSignal[] = [];
  await using served = await serveApp((app) =>
    app.get("/quick", (c) => {
      signals.push(clientGone(c));
      return c.text("ok");
    }),
  );
  await served.send("/quick");
  await served.send("/quick", { headers: { connection: "close" } });
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
});

test("without a socket: the request's own signal, and a drain that never comes", async () => {
  const app = new Hono();
  app.get("/", (c) => c.json([clientGone(c).aborted, drainSignal(c).aborted]));
  const controller = new AbortController();
  const request = new Request("http://localhost/", { signal: controller.signal });
  controller.abort();
  expect(await (await app.request(request)).json()).toEqual([true, false]);
});
