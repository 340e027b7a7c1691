import { expect, test } from "vitest";
import { likenessOfUri } from "./uri-likeness.ts";

test.each([
  ["file:///etc/x", "FILE:///etc/./y/../x#part"],
  ["file:///etc/x", "file:///%65tc/%2578"],
  ["file:///etc/x", String.raw`file:///etc\x`],
  ["file:///etc/x", "file:///etc//x/"],
  ["https://example.com/a", "https://EXAMPLE.com:443/a?"],
  ["note://Über", "note://%C3%9Cber"],
  ["plain", "PLAIN/"],
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
