import { parseMessage, type RequestMessage } from "@castellan/mcp";
import { expect, test } from "vitest";
import type { ForwardTarget } from "../call.ts";
import { asApproved } from "./as-approved.ts";

function sent(params: string): ForwardTarget {
  const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;
  const request = parseMessage(text) as RequestMessage;
  const otherHeaders = { "mcp-param-x": "1" };
  return { kind: "forward", request, otherHeaders } as unknown as ForwardTarget;
}

test.each([
  [
    "what clients add",
    '{"name":"t","_meta":{"a.example/dry":false,"progressToken":1e400,"b":{"c":1}},"arguments":{"n":1.0}}',
    '{"name":"t","_meta":{"progressToken":1e400},"arguments":{"n":1.0}}',
  ],
  ["all that there is", '{"_meta":{"openai/locale":"de"},"name":"t"}', '{"_meta":{},"name":"t"}'],
])("%s beside the arguments goes no further, and the rest stays to the letter", (_, params, left) => {
  const target = asApproved(sent(params));
  expect(target.request.text).toBe(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${left}}`);
  expect(target.otherHeaders).toBeUndefined();
});

test.each([
  '{"name":"t"}',
  '{"name":"t","_meta":{"io.modelcontextprotocol/clientInfo":{},"traceparent":"00-1-2-3","progressToken":"p"}}',
])("%s stays as it is", (params) => {
  expect(asApproved(sent(params)).request.text).toBe(sent(params).request.text);
});
