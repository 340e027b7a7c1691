import { expect, test } from "vitest";
import { isNamespace, toNamespace } from "./namespace.ts";

test.each([
  ["https://mcp.example.com", "com.example.mcp"],
  ["https://MCP.Example.com:8443", "com.example.mcp"],
  ["http://localhost:8700", "localhost"],
  ["http://127.0.0.1:8700", "127.0.0.1"],
  ["http://[::1]:8700", "1"],
  ["http://[2001:db8::7]", "2001-db8--7"],
  ["https://tools.müller.example", "example.xn--mller-kva.tools"],
  ["https://my_tools.example", "example.my-tools"],
  ["https://mcp.example.com.", "com.example.mcp"],
  [
    `https://${`${"a".repeat(60)}.`.repeat(4)}example`,
    `example.${`${"a".repeat(60)}.`.repeat(2)}${"a".repeat(30)}`,
  ],
])("of %s it is %s", (publicUrl, namespace) => {
  expect(toNamespace(publicUrl)).toBe(namespace);
  expect(isNamespace(namespace)).toBe(true);
});

test.each(["", ".com", "com.", "-a", "com/example", "com example", "com_example", "é", "a".repeat(161)])(
  "%j is none",
  (text) => {
    expect(isNamespace(text)).toBe(false);
  },
);
