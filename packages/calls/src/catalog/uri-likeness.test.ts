import { expect, test } from "vitest";
import { likenessOfPattern, likenessOfUri, resolve } from "./uri-likeness.ts";
import { matchesUri } from "./uri-template.ts";

test.each([
  ["file:///etc/x", "FILE:///etc/./y/../x#part"],
  ["file:///etc/x", "file:///%65tc/%2578"],
  ["file:///etc/x", String.raw`file:///etc\x`],
  ["file:///etc/x", "file:///etc//x/"],
  ["https://example.com/a", "https://EXAMPLE.com:443/a?"],
  ["note://Über", "note://%C3%9Cber"],
  ["plain", "PLAIN/"],
  ["file:///caf\u00e9", "file:///cafe\u0301"],
])("%s and %s may be one", (a, b) => {
  expect(likenessOfUri(a)).toBe(likenessOfUri(b));
});

test.each([
  ["file:///etc/x", "file:///etc/y"],
  ["db://t?id=1", "db://t?id=2"],
  ["db://t", "db://t?id=2"],
  ["%zz", "%yy"],
])("%s and %s are two", (a, b) => {
  expect(likenessOfUri(a)).not.toBe(likenessOfUri(b));
});

test.each([
  ["doc://secret/{id}", "doc://secret/%31"],
  ["doc://secret/{id}", "DOC://%73ecret/1"],
  ["doc://x/secret/{id}", "doc://x/open/%252e%252e/secret/1"],
  ["doc://x/Secret/{id}/", "doc://x/secret/1/"],
  ["doc://x/a{?q}", "doc://x/a"],
  ["https://h.example:443/{#part}", "https://H.example/"],
  ["{+any}", "x:1"],
])("%s may be read from %s", (template, uri) => {
  expect(matchesUri(likenessOfPattern(template), resolve(uri))).toBe(true);
});

test.each([
  ["doc://secret/{id}", "doc://open/1"],
  ["doc://x/open/{id}", "doc://x/open/../secret/1"],
])("%s is not read from %s", (template, uri) => {
  expect(matchesUri(likenessOfPattern(template), resolve(uri))).toBe(false);
});

test("a URI of thousands of marks is looked at once", () => {
  const startedMs = performance.now();
  for (const mark of ["?", "/?", "%3F", "#"]) likenessOfUri(`x:${mark.repeat(60_000)}y`);
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});
