import { isFault } from "@castellan/kernel";
import { messageEvent } from "../sse/write.ts";
import { expect, onTestFinished, test } from "vitest";
import { answerJson, legacyHello, modernHello, openEvents, result, startServer } from "../testing.ts";
import type { ServerResponse } from "node:http";
import { addressBelow, findServer } from "./find-server.ts";
import type { ProbedTransport } from "./probe.ts";

type Kind = "modern" | "sse" | number;

/** A site with a server, or a status, at some of its paths, and nothing anywhere else. */
async function serve(places: Readonly<Record<string, Kind>>, otherwise = 404) {
  let stream: ServerResponse | undefined;
  const server = await startServer(({ path, httpMethod, id, method }, response) => {
    const kind = places[path] ?? otherwise;
    if (path === "/messages") {
      response.writeHead(202).end();
      if (method === "initialize") stream?.write(messageEvent(result(id, legacyHello)));
    } else if (kind === "sse" && httpMethod === "GET") {
      stream = response;
      openEvents(response);
      response.write("event: endpoint\ndata: /messages\n\n");
    } else if (kind === "modern" && method === "server/discover") {
      answerJson(response, result(id, modernHello));
    } else response.writeHead(typeof kind === "number" ? kind : 405).end();
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

async function found(server: Awaited<ReturnType<typeof serve>>, path: string, transport: ProbedTransport) {
  const identity = { name: "castellan", version: "1" };
  try {
    const { modern, legacy, below } = await findServer(
      server.target({ idleTimeoutMs: 10_000 }, path),
      identity,
      new AbortController().signal,
      transport,
    );
    await legacy?.channel[Symbol.asyncDispose]();
    return [modern?.era, legacy?.transport, below];
  } catch (error) {
    return isFault(error) ? [error.code, error.data?.["status"]] : String(error);
  }
}

test.each<[string, Readonly<Record<string, Kind>>, string, unknown]>([
  ["at the address itself", { "/": "modern", "/mcp": "modern" }, "/", ["modern", undefined, undefined]],
  ["at /mcp below it", { "/mcp": "modern" }, "/", ["modern", undefined, "/mcp"]],
  ["at /mcp below a path", { "/x/mcp": "modern" }, "/x/", ["modern", undefined, "/mcp"]],
  ["at /sse below it", { "/sse": "sse" }, "/", [undefined, "sse", "/sse"]],
  [
    "over HTTP+SSE at the address itself",
    { "/": "sse", "/mcp": "modern" },
    "/",
    [undefined, "sse", undefined],
  ],
  ["nowhere", {}, "/", ["upstream_refused", 404]],
  ["not below another refusal", { "/": 400, "/mcp": "modern" }, "/", ["upstream_refused", 400]],
  ["not below a locked door", { "/": 401, "/mcp": "modern" }, "/", ["upstream_unauthorized", 401]],
  ["behind a locked door at /mcp", { "/mcp": 401, "/sse": "sse" }, "/", ["upstream_unauthorized", 401]],
  ["not below an address that says what it is", { "/mcp/mcp": "modern" }, "/mcp", ["upstream_refused", 404]],
])("a server is found %s", async (_, places, path, expected) => {
  expect(await found(await serve(places), path, "auto")).toEqual(expected);
});

test.each([405, 406])("%d leads on as well", async (status) => {
  expect(await found(await serve({ "/mcp": "modern" }, status), "/", "auto")).toEqual([
    "modern",
    undefined,
    "/mcp",
  ]);
});

test("where the transport is set nothing else is asked", async () => {
  const server = await serve({ "/mcp": "modern", "/sse": "sse" });
  expect(await found(server, "/", "streamable-http")).toEqual(["upstream_refused", 404]);
  expect(await found(server, "/", "sse")).toEqual(["upstream_refused", 404]);
  expect(new Set(server.seen.map(({ path }) => path))).toEqual(new Set(["/"]));
});

test("a query goes along, and the address stays what it was", () => {
  const url = new URL("https://a.example/x/?k=1");
  expect(addressBelow(url, "/mcp").href).toBe("https://a.example/x/mcp?k=1");
  expect(url.href).toBe("https://a.example/x/?k=1");
});
