import { expect, test } from "vitest";
import { openSocket, readAll, serveApp } from "../testing.ts";
import { createNames } from "./names.ts";

async function statusFor(host: string, settings: object = {}): Promise<number> {
  await using served = await serveApp((app) => app.get("/x", (c) => c.text("ok")), settings);
  return (await served.send("/x", { headers: { host } })).status;
}

test.each([
  "mcp.example.com",
  "MCP.Example.Com",
  "mcp.example.com:443",
  "localhost",
  "localhost:6274",
  "127.0.0.1:1",
  "[::1]:80",
])("host %s is ours", async (host) => expect(await statusFor(host)).toBe(200));

test.each([
  "evil.example",
  "mcp.example.com:8443",
  "mcp.example.com.evil.example",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "127.0.0.2",
  "0.0.0.0",
])("host %s is not", async (host) => expect(await statusFor(host)).toBe(421));

test("loopback names are nobody's when the server listens elsewhere", async () => {
  expect(await statusFor("localhost", { isLoopback: false })).toBe(421);
});

test("hosts may come and go", async () => {
  const isOwnHost = (host: string) => host === "tools.example.com";
  expect(await statusFor("tools.example.com:443", { isOwnHost })).toBe(200);
  expect(await statusFor("tools.example.com:80", { isOwnHost })).toBe(421);
});

test("a refusal is a problem, and counted", async () => {
  await using served = await serveApp((app) => app.get("/x", (c) => c.text("ok")));
  const answer = await served.send("/x", { headers: { host: "evil.example" } });
  expect(JSON.parse(answer.body)).toEqual({
    type: "urn:castellan:fault:host_not_allowed",
    title: "Host not allowed",
    status: 421,
    code: "host_not_allowed",
    detail: 'This server does not answer for host "evil.example"',
    requestId: answer.headers["x-request-id"],
  });
  expect(served.refused).toEqual([{ address: "127.0.0.1", code: "host_not_allowed" }]);
});

test.each([
  ["GET http://evil.example/x HTTP/1.1\r\nHost: localhost\r\n", "421"],
  ["GET http://localhost/x HTTP/1.1\r\nHost: evil.example\r\n", "200"],
  ["GET /x HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\n", "400"],
  ["GET /x HTTP/1.1\r\n", "400"],
  ["GET /x HTTP/1.0\r\n", "400"],
])("%j is answered %s", async (head, status) => {
  await using served = await serveApp((app) => app.get("/x", (c) => c.text("ok")));
  const socket = await openSocket(served.server.port);
  socket.write(`${head}Connection: close\r\n\r\n`);
  expect((await readAll(socket)).slice(9, 12)).toBe(status);
});

test.each([
  [{ publicUrl: "mcp.example.com" }, 'publicUrl: "mcp.example.com" is not an http or https URL'],
  [
    { publicUrl: "https://a", allowedOrigins: ["https://b/x"] },
    "allowedOrigins[0]: an origin has no path, query or user",
  ],
  [{ publicUrl: "https://a", allowedOrigins: ["*"] }, 'allowedOrigins[0]: "*" is not an http or https URL'],
])("%j is refused", (settings, message) => {
  expect(() => createNames(settings)).toThrow(message);
});
