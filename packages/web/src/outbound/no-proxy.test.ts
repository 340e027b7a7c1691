import { expect, test } from "vitest";
import { toDestination } from "./destination.ts";
import { parseNoProxy } from "./no-proxy.ts";

const isDirect = (noProxy: string, url: string) => parseNoProxy(noProxy)(toDestination(new URL(url)));

test.each([
  ["*", "https://example.com/"],
  ["a, example.com", "https://example.com/"],
  ["example.com", "https://api.example.com/"],
  [".example.com", "https://api.example.com/"],
  [".example.com", "https://example.com/"],
  ["*.example.com", "https://api.example.com/"],
  ["EXAMPLE.com.", "https://example.com/"],
  ["example.com:8443", "https://example.com:8443/"],
  ["10.0.0.0/8", "https://10.1.2.3/"],
  ["10.1.2.3", "https://10.1.2.3:99/"],
  ["::1", "https://[::1]/"],
  ["[::1]:99", "https://[::1]:99/"],
])("%j goes past the proxy for %s", (noProxy, url) => expect(isDirect(noProxy, url)).toBe(true));

test.each([
  ["", "https://example.com/"],
  ["example.com", "https://badexample.com/"],
  ["*.example.com", "https://example.com/"],
  ["example.com:8443", "https://example.com/"],
  ["10.0.0.0/8", "https://11.1.2.3/"],
  ["10.0.0.0/8", "https://ten.example/"],
  ["[::1]:99", "https://[::1]/"],
])("%j does not for %s", (noProxy, url) => expect(isDirect(noProxy, url)).toBe(false));
