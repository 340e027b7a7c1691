import { expect, test } from "vitest";
import { canonicalResource, resourceMetadataUrls, speaksFor } from "./resource.ts";

test.each([
  ["HTTPS://MCP.Example.com/mcp", "https://mcp.example.com/mcp"],
  ["https://mcp.example.com/", "https://mcp.example.com"],
  ["https://mcp.example.com:443", "https://mcp.example.com"],
  ["https://mcp.example.com:8443/a/", "https://mcp.example.com:8443/a/"],
  ["https://u:p@mcp.example.com/a?b=c#d", "https://mcp.example.com/a?b=c"],
])("the canonical resource of %s", (url, expected) => {
  expect(canonicalResource(url)).toBe(expected);
});

test.each([
  ["https://a.example/mcp", true],
  ["https://a.example", true],
  ["https://a.example/", true],
  ["https://a.example/mcp/", true],
  ["https://a.example/mc", false],
  ["https://a.example/mcp/deeper", false],
  ["https://a.example/other", false],
  ["https://a.example:8443/mcp", false],
  ["http://a.example/mcp", false],
  ["https://evil.example/mcp", false],
  ["https://a.example.evil.example/mcp", false],
  ["https://a.example/mcp#x", false],
  ["https://a.example/mcp?tenant=2", false],
  ["not a url", false],
])("whether %s speaks for https://a.example/mcp", (resource, expected) => {
  expect(speaksFor(resource, "https://a.example/mcp")).toBe(expected);
});

test("metadata are looked for at the path first, then at the root", () => {
  expect(resourceMetadataUrls("https://a.example/x/mcp/")).toEqual([
    "https://a.example/.well-known/oauth-protected-resource/x/mcp",
    "https://a.example/.well-known/oauth-protected-resource",
  ]);
  expect(resourceMetadataUrls("https://a.example")).toEqual([
    "https://a.example/.well-known/oauth-protected-resource",
  ]);
});
