import { defineFaults, kernelFaults } from "@castellan/kernel";
import type { Hono } from "hono";
import { expect, test } from "vitest";
import { serveApp } from "../testing.ts";
import { clientAddress, requestId } from "./exchange.ts";
import { securityHeaders } from "./security-headers.ts";
import { createWebApp } from "./web-app.ts";

const faults = defineFaults({ door_closed: { owner: "caller", status: 401, help: "Knock." } });

function addRoutes(app: Hono) {
  app.get("/ok", (c) => c.json({ ok: true }));
  app.get("/own", () => new Response("x", { headers: { "cache-control": "max-age=60" } }));
  app.post("/ok", (c) => c.text("posted"));
  app.get("/defect", () => {
    throw new TypeError("secret: hunter2");
  });
  app.get("/odd", () => {
    // eslint-disable-next-line no-throw-literal
    throw "secret: hunter2";
  });
  app.get("/closed", () => {
    throw faults.fault("door_closed", "The door is closed", {
      field: "door",
      data: { room: 3, status: "spoofed", requestId: "spoofed" },
    });
  });
}

const lowerCased = (headers: object) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

test("every answer carries the security headers and its id; a route may say otherwise", async () => {
  await using served = await serveApp(addRoutes);
  const { headers, body } = await served.send("/ok");
  expect(body).toBe('{"ok":true}');
  expect(headers).toMatchObject({ ...lowerCased(securityHeaders), "content-type": "application/json" });
  expect(headers["x-request-id"]).toMatch(/^req_/);
  expect((await served.send("/own")).headers["cache-control"]).toBe("max-age=60");
  expect((await served.send("/nothing")).headers).toMatchObject(lowerCased(securityHeaders));
});

test("the same without a socket", async () => {
  const app = createWebApp({ publicUrl: "https://mcp.example.com", isLoopback: true, onError: () => {} });
  addRoutes(app);
  app.get("/me", (c) => c.json({ address: clientAddress(c), id: requestId(c) }));
  app.get("/away", () => Response.redirect("https://elsewhere.example/"));
  const answer = await app.request("/own");
  expect(Object.fromEntries(answer.headers)).toEqual({
    ...lowerCased(securityHeaders),
    "cache-control": "max-age=60",
    "content-type": "text/plain;charset=UTF-8",
    "x-request-id": answer.headers.get("x-request-id"),
  });
  const me = await app.request("/me");
  expect(await me.json()).toEqual({ address: "", id: me.headers.get("x-request-id") });
  expect((await app.request("/away")).headers.get("x-content-type-options")).toBe("nosniff");
  expect((await app.request("http://evil.example/own")).status).toBe(421);
});

test("a fault is told as it is; its data cannot replace the named members", async () => {
  await using served = await serveApp(addRoutes, {
    faultHeaders: (fault) => (fault.status === 401 ? { "WWW-Authenticate": "Bearer" } : {}),
  });
  const { status, headers, body } = await served.send("/closed");
  expect([status, headers["content-type"], headers["www-authenticate"]]).toEqual([
    401,
    "application/problem+json",
    "Bearer",
  ]);
  expect(JSON.parse(body)).toEqual({
    room: 3,
    type: "urn:castellan:fault:door_closed",
    title: "Door closed",
    status: 401,
    code: "door_closed",
    detail: "The door is closed",
    field: "door",
    requestId: headers["x-request-id"],
  });
  expect(served.errors).toEqual([]);
  expect(served.refused).toEqual([{ address: "127.0.0.1", code: "door_closed" }]);
});

test.each(["/defect", "/odd"])("an error that is no fault (%s) keeps its words to itself", async (path) => {
  await using served = await serveApp(addRoutes);
  const { status, headers, body } = await served.send(path);
  expect(status).toBe(500);
  const problem = JSON.parse(body);
  expect(problem).toEqual({
    type: "urn:castellan:fault:internal_error",
    title: "Internal error",
    status: 500,
    code: "internal_error",
    detail: "Something failed on our side; the request id finds it in the log",
    requestId: expect.stringMatching(/^req_/),
  });
  expect(headers["x-request-id"]).toBe(problem.requestId);
  expect(served.errors.map(String)).toEqual([
    path === "/defect" ? "TypeError: secret: hunter2" : "Error: something that is no Error was thrown",
  ]);
});

test("a fault that is ours is heard as well", async () => {
  const fault = kernelFaults.fault("internal_error", "Broken");
  await using served = await serveApp((app) =>
    app.get("/x", () => {
      throw fault;
    }),
  );
  expect((await served.send("/x")).status).toBe(500);
  expect(served.errors).toEqual([fault]);
});

test("no route: 404, or 405 with what the path has", async () => {
  await using served = await serveApp(addRoutes);
  const missing = await served.send("/nothing");
  expect([missing.status, JSON.parse(missing.body).code]).toEqual([404, "route_unknown"]);
  const wrong = await served.send("/ok", { method: "DELETE" });
  expect([wrong.status, JSON.parse(wrong.body).code, wrong.headers["allow"]]).toEqual([
    405,
    "method_not_allowed",
    "GET, HEAD, POST",
  ]);
  expect(served.refused.map(({ code }) => code)).toEqual(["route_unknown", "method_not_allowed"]);
});
