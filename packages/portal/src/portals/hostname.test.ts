import { expect, test } from "vitest";
import { parseHostname, toHostname } from "./hostname.ts";

test.each([
  ["mcp.example.com", "mcp.example.com"],
  ["MCP.Example.COM", "mcp.example.com"],
  ["mcp.example.com:443", "mcp.example.com"],
  ["mcp.example.com:80", "mcp.example.com"],
  ["mcp.example.com:08443", "mcp.example.com:8443"],
  ["bücher.example", "xn--bcher-kva.example"],
  ["ＭＣＰ.example", "mcp.example"],
  ["localhost:8080", "localhost:8080"],
  ["a-b.c0.example", "a-b.c0.example"],
])("%s is written %s", (value, written) => {
  expect(toHostname(value)).toBe(written);
  expect(toHostname(written)).toBe(written);
});

test.each([
  "",
  ".",
  "a..b",
  "example.com.",
  ".example.com",
  "-a.example",
  "a_b.example",
  "*.example.com",
  "https://example.com",
  "example.com/mcp",
  "user@example.com",
  "a b.example",
  "exa%6dple.com",
  "example.com:0x50",
  "example.com:70000",
  "10.0.0.1",
  "10.1",
  "0x7f.1",
  "2130706433",
  "[::1]",
  "example.com?x",
  "example.com#x",
  String.raw`example.com\x`,
  `${"a".repeat(64)}.example`,
  `${"a.".repeat(130)}example`,
])("%j is no host name", (value) => {
  expect(toHostname(value)).toBeUndefined();
  expect(() => parseHostname(value, "hostname")).toThrow(
    expect.objectContaining({ code: "invalid_input", field: "hostname" }),
  );
});
