import { expect, test } from "vitest";
import { replyMetaKey, unwrapReply } from "./unwrap-reply.ts";

const text = (said: string) => ({ type: "text", text: said });

function told(content: readonly object[], reply: object, more: object = {}): unknown {
  const result = { content, ...more, _meta: { [replyMetaKey]: reply } };
  const found = unwrapReply(JSON.stringify(result));
  return found.kind === "value" ? JSON.parse(found.text) : found;
}

test("a reply has a status, headers and a body", () => {
  const headers = { link: "<x>" };
  expect(
    told([text("[1]")], { status: 200, headers, body: 0 }, { structuredContent: { result: [1] } }),
  ).toEqual({
    status: 200,
    headers,
    body: [1],
  });
  expect(told([text("HTTP 204 No Content")], { status: 204, headers: {} })).toEqual({
    status: 204,
    headers: {},
    body: null,
  });
  const image = { type: "image", data: "AQID", mimeType: "image/png" };
  expect(told([image], { status: 200, headers: {}, body: 0 })).toMatchObject({ body: [image] });
});

test("one that is an error is told and not thrown, and its body without the line above it", () => {
  const content = [text("HTTP 429 Too Many Requests\nRetry-After: 7"), text('{"wait":7}')];
  const reply = { status: 429, headers: { "retry-after": "7" }, body: 1 };
  expect(told(content, reply, { isError: true })).toEqual({
    status: 429,
    headers: { "retry-after": "7" },
    body: { wait: 7 },
  });
});

test("what never reached the API is thrown", () => {
  const result = { content: [text("q is missing")], isError: true };
  expect(unwrapReply(JSON.stringify(result))).toEqual({
    kind: "error",
    code: "code_tool_failed",
    message: "q is missing",
  });
});
