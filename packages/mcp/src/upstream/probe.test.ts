import type { ServerResponse } from "node:http";
import { isFault } from "@castellan/kernel";
import { expect, onTestFinished, test } from "vitest";
import {
  answerJson,
  legacyHello,
  modernHello,
  openEvents,
  result,
  rpcError,
  startServer,
  type SeenRequest,
} from "../testing.ts";
import { messageEvent } from "../sse/write.ts";
import { probe } from "./probe.ts";

const identity = { name: "castellan", version: "1" };
type Answer = (request: SeenRequest, response: ServerResponse) => void;

/** A server that answers the two ways of asking as it is told. */
async function serve(answers: { discover: Answer; initialize: Answer; get?: Answer }) {
  const server = await startServer((request, response) => {
    if (request.httpMethod === "DELETE") return void response.writeHead(204).end();
    if (request.httpMethod === "GET") return (answers.get ?? status(405))(request, response);
    if (request.method === "server/discover") return answers.discover(request, response);
    if (request.method === "initialize") return answers.initialize(request, response);
    return void response.writeHead(202).end();
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

const status =
  (code: number, type = "text/plain", body = ""): Answer =>
  (_, response) =>
    void response.writeHead(code, { "content-type": type }).end(body);
const refuse =
  (httpStatus: number, code: number): Answer =>
  ({ id }, response) =>
    answerJson(response, rpcError(id, code), httpStatus);
const discovered: Answer = ({ id }, response) => answerJson(response, result(id, modernHello));
const initialized: Answer = ({ id }, response) =>
  answerJson(response, result(id, legacyHello), 200, { "mcp-session-id": "s" });
const html = status(200, "text/html", "<p>Sign in</p>");
const reset: Answer = (_, response) => response.destroy();
const hang: Answer = () => undefined;

async function found(server: Awaited<ReturnType<typeof serve>>, path?: string) {
  const target = server.target({ discoverTimeoutMs: 100, idleTimeoutMs: 10_000 }, path);
  try {
    const { modern, legacy, faults } = await probe(target, identity, new AbortController().signal);
    await legacy?.channel[Symbol.asyncDispose]();
    return [modern?.era, legacy?.transport, faults.modern?.code, faults.legacy?.code];
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

const [m, l, no] = ["modern", "streamable-http", undefined] as const;

test.each<[string, Answer, Answer, unknown]>([
  ["a modern server", discovered, refuse(400, -32022), [m, no, no, "upstream_refused"]],
  [
    "a modern server that resets what it does not know",
    discovered,
    reset,
    [m, no, no, "upstream_unreachable"],
  ],
  ["a server of both eras", discovered, initialized, [m, l, no, no]],
  ["a legacy server that says 400", refuse(400, -32000), initialized, [no, l, "upstream_refused", no]],
  ["… in plain text", status(400), initialized, [no, l, "upstream_refused", no]],
  ["… 404", status(404), initialized, [no, l, "upstream_refused", no]],
  ["… 405", status(405), initialized, [no, l, "upstream_refused", no]],
  ["… 500", status(500), initialized, [no, l, "upstream_refused", no]],
  ["… HTML", html, initialized, [no, l, "upstream_invalid", no]],
  ["… method not found", refuse(200, -32601), initialized, [no, l, "upstream_invalid", no]],
  [
    "… a result of its own",
    ({ id }, r) => answerJson(r, result(id, "{}")),
    initialized,
    [no, l, "upstream_invalid", no],
  ],
  ["… a reset", reset, initialized, [no, l, "upstream_unreachable", no]],
  ["… nothing at all", hang, initialized, [no, l, "upstream_timeout", no]],
  [
    "a modern server of other versions, legacy too",
    refuse(400, -32022),
    initialized,
    [no, l, "upstream_refused", no],
  ],
  ["a modern server of other versions", refuse(400, -32022), refuse(400, -32022), "upstream_refused"],
  ["a modern server that refuses the question", refuse(400, -32021), refuse(400, -32022), "upstream_invalid"],
  ["a login page", html, html, "upstream_invalid"],
  ["401", status(401), status(401), "upstream_unauthorized"],
  ["no server", reset, reset, "upstream_unreachable"],
])("%s", async (_, discover, initialize, expected) => {
  const server = await serve({ discover, initialize });
  expect(await found(server)).toEqual(expected);
});

test.each([400, 404, 405, 406, 415])(
  "a server of 2024-11-05 that answers %d to a POST is asked for its stream",
  async (code) => {
    let stream: ServerResponse | undefined;
    const server = await startServer(({ httpMethod, path, id, method }, response) => {
      if (httpMethod === "GET" && path === "/sse") {
        stream = response;
        openEvents(response);
        return void response.write("event: endpoint\ndata: /messages\n\n");
      }
      if (path !== "/messages") return void response.writeHead(code).end();
      response.writeHead(202).end();
      if (method === "initialize") stream?.write(messageEvent(result(id, legacyHello)));
    });
    onTestFinished(() => server[Symbol.asyncDispose]());
    expect(await found(server, "/sse")).toEqual([no, "sse", "upstream_refused", no]);
  },
);

test("an endpoint that leads elsewhere is what is told", async () => {
  const get: Answer = (_, response) => {
    openEvents(response);
    response.write("event: endpoint\ndata: http://evil.example/\n\n");
  };
  const server = await serve({ discover: status(404), initialize: status(404), get });
  expect(await found(server)).toBe("upstream_invalid");
});

test("who stops waiting gets `cancelled`, and nothing stays open", async () => {
  const server = await serve({ discover: hang, initialize: initialized });
  const cancel = new AbortController();
  const probing = probe(server.target(), identity, cancel.signal).then(
    () => "found",
    (error: unknown) => (isFault(error) ? error.code : String(error)),
  );
  const { ended } = await server.when(({ method }) => method === "server/discover");
  cancel.abort();
  expect([await probing, await ended]).toEqual(["cancelled", false]);
  expect(server.seen.map(({ method }) => method)).toEqual(["server/discover"]);
});
