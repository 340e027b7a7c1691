import { isFault } from "@castellan/kernel";
import { expect, onTestFinished, test } from "vitest";
import { answerJson, modernHello, result, rpcError, startServer, type SeenRequest } from "../testing.ts";
import { listAll } from "./list.ts";
import { createModernChannel } from "./modern.ts";

const identity = { name: "castellan", version: "1" };
const hello = { version: "2026-07-28", capabilities: {}, resultText: modernHello };

/** Reads the tools of a server that answers with these results (or whole messages). */
async function list(answer: (request: SeenRequest) => string, status = 200) {
  const server = await startServer((request, response) => {
    const text = answer(request);
    answerJson(response, text.startsWith('{"jsonrpc"') ? text : result(request.id, text), status);
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const channel = createModernChannel(server.target(), hello);
  const spec = { method: "tools/list", member: "tools" } as const;
  try {
    const items = await listAll(channel, spec, identity, new AbortController().signal);
    return { items, asked: server.seen.length };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { code: error.code, asked: server.seen.length };
  }
}

test("pages follow one another, items are as they came", async () => {
  const pages: Record<string, string> = {
    "": '{"tools":[{"name":"a", "n":1E400},  {"name":"b"}],"nextCursor":"2"}',
    "2": '{"nextCursor":"3","tools":[]}',
    "3": '{"tools":[ {"name":"c"} ]}',
  };
  expect(await list(({ params }) => pages[String(params["cursor"] ?? "")] ?? "")).toEqual({
    items: ['{"name":"a", "n":1E400}', '{"name":"b"}', '{"name":"c"}'],
    asked: 3,
  });
});

test("a server without the method has no list", async () => {
  expect(await list(({ id }) => rpcError(id, -32601), 404)).toEqual({ items: undefined, asked: 1 });
});

const big = `"${"x".repeat(1024 * 1024)}"`;

test.each<[string, number, (request: SeenRequest) => string]>([
  ["a cursor that repeats", 2, () => '{"tools":[],"nextCursor":"a"}'],
  [
    "cursors that alternate",
    3,
    ({ params }) => `{"tools":[],"nextCursor":"${params["cursor"] === "a" ? "b" : "a"}"}`,
  ],
  ["cursors without end", 64, ({ id }) => `{"tools":[],"nextCursor":"${String(id)}"}`],
  ["items without end", 1, () => `{"tools":[${"0,".repeat(10_000)}0]}`],
  ["more text than can be kept", 8, ({ id }) => `{"tools":[${big}],"nextCursor":"${String(id)}"}`],
  ["no array", 1, () => '{"tools":{}}'],
  ["no member", 1, () => "{}"],
  ["an error", 1, ({ id }) => rpcError(id, -32603)],
  [
    "an unknown method on a later page",
    2,
    ({ id, params }) => (params["cursor"] ? rpcError(id, -32601) : '{"tools":[1],"nextCursor":"a"}'),
  ],
])("%s is refused", async (_, asked, answer) => {
  expect(await list(answer)).toEqual({ code: "upstream_invalid", asked });
});
