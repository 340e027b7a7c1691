import fc from "fast-check";
import { expect, test } from "vitest";
import { limitUiHosts, parseUiHost } from "./ui-hosts.ts";

test.each([
  ["example.com", "example.com"],
  ["Example.COM:8443", "example.com:8443"],
  ["*.Example.com", "*.example.com"],
  ["*.example.com:443", "*.example.com:443"],
  ["localhost:3000", "localhost:3000"],
  ["10.0.0.1", "10.0.0.1"],
  ["*", undefined],
  ["*.com", undefined],
  ["*.*.example.com", undefined],
  ["a.*.example.com", undefined],
  ["https://example.com", undefined],
  ["example.com/path", undefined],
  ["example.com:*", undefined],
  ["example.com:0", undefined],
  ["example.com:65536", undefined],
  ["example.com.", undefined],
  ["-a.example.com", undefined],
  ["exa_mple.com", undefined],
  ["exämple.com", undefined],
  ["example.com; script-src *", undefined],
  ["example.com\n", undefined],
  [`${"a.".repeat(130)}com`, undefined],
  ["", undefined],
])("%j is registered as %j", (given, kept) => {
  expect(parseUiHost(given)).toBe(kept);
});

/** What is left of one entry. */
function left(entry: unknown, ...allowed: string[]): unknown {
  const text = JSON.stringify({ _meta: { ui: { csp: { connectDomains: [entry] } } } });
  const { _meta } = JSON.parse(limitUiHosts(text, allowed)) as {
    _meta: { ui: { csp: { connectDomains: unknown[] } } };
  };
  return _meta.ui.csp.connectDomains[0];
}

test.each([
  ["https://a.example.com", "a.example.com"],
  ["wss://a.example.com", "a.example.com"],
  ["HTTPS://A.Example.com", "a.example.com"],
  ["a.example.com", "a.example.com"],
  ["https://a.example.com/", "a.example.com"],
  ["https://a.example.com:8443", "a.example.com"],
  ["https://a.example.com:*", "a.example.com"],
  ["https://a.example.com:8443", "a.example.com:8443"],
  ["https://a.example.com", "a.example.com:443"],
  ["http://localhost:3000", "localhost:3000"],
  ["https://a.example.com", "*.example.com"],
  ["https://a.b.example.com", "*.example.com"],
  ["https://*.example.com", "*.example.com"],
  ["https://*.b.example.com", "*.example.com"],
])("%s stays where %s is allowed", (entry, allowed) => {
  expect(left(entry, "other.example", allowed)).toBe(entry);
});

test.each([
  ["https://b.example.com", "a.example.com"],
  ["https://a.example.com.evil.test", "a.example.com"],
  ["https://evil.test/a.example.com", "a.example.com"],
  ["https://a.example.com@evil.test", "a.example.com"],
  ["https://evil.test#a.example.com", "a.example.com"],
  ["https://a.example.com evil.test", "a.example.com"],
  ["https://a.example.com; script-src *", "a.example.com"],
  ["https://a.example.com,evil.test", "a.example.com"],
  ["https://a.example.com\nhttps://evil.test", "a.example.com"],
  ["https://a.example.com\n", "a.example.com"],
  [" https://a.example.com", "a.example.com"],
  ["//a.example.com", "a.example.com"],
  ["ftp://a.example.com", "a.example.com"],
  ["https://a.example.com:8443", "a.example.com:443"],
  ["https://a.example.com:*", "a.example.com:443"],
  ["a.example.com", "a.example.com:443"],
  ["https://example.com", "*.example.com"],
  ["https://evilexample.com", "*.example.com"],
  ["https://*.com", "*.example.com"],
  ["https://*.a.example.com", "a.example.com"],
  ["https://*.example.com", "a.example.com"],
  ["*", "*.example.com"],
  ["https://*", "*.example.com"],
  ["https:", "a.example.com"],
  ["data:", "a.example.com"],
  ["'self'", "a.example.com"],
  ["'unsafe-eval'", "a.example.com"],
  ["", "a.example.com"],
  [7, "a.example.com"],
  [["https://a.example.com"], "a.example.com"],
])("%j goes where only %s is allowed", (entry, allowed) => {
  expect(left(entry, allowed)).toBeUndefined();
});

const allowed = ["good.example", "*.cdn.example"];

test("a definition keeps everything but the hosts that are not allowed, to the letter", () => {
  const definition = String.raw`{ "uri":"ui://x", "n":1E400, "_meta" : { "ui":{"prefersBorder":true, "csp" : { "connectDomains":[ "https:\/\/good.example" , "https://evil.example"],"resourceDomains":[ "https://a.cdn.example" ], "frameDomains":["https://evil.example"],"baseUriDomains":[],"x-new":["https://evil.example","good.example"],"x-flag":1.0, "wait":"\u00e9" }}, "big":1234567890123456789}, "uri2":"https://evil.example"}`;
  expect(limitUiHosts(definition, allowed)).toBe(
    String.raw`{ "uri":"ui://x", "n":1E400, "_meta" : { "ui":{"prefersBorder":true, "csp" : { "connectDomains":["https:\/\/good.example"],"resourceDomains":[ "https://a.cdn.example" ], "frameDomains":[],"baseUriDomains":[],"x-new":["good.example"],"x-flag":1.0, "wait":"\u00e9" }}, "big":1234567890123456789}, "uri2":"https://evil.example"}`,
  );
  expect(limitUiHosts(definition, [])).toContain(
    '"connectDomains":[],"resourceDomains":[], "frameDomains":[]',
  );
});

const policy = (host: string) => `{"connectDomains":["https://${host}"]}`;

test.each([
  ["what was read", (csp: string) => `{"contents":[{"text":"csp"},{"_meta":{"ui":{"csp":${csp}}}}]}`],
  [
    "embedded in a tool's result",
    (csp: string) => `{"content":[1,{"resource":{"_meta":{"ui":{"csp":${csp}}}}}]}`,
  ],
  [
    "embedded in a prompt",
    (csp: string) => `{"messages":[{"content":{"resource":{"_meta":{"ui":{"csp":${csp}}}}}}]}`,
  ],
  ["one client's own spelling", (csp: string) => `{"contents":[{"_meta":{"openai/widgetCSP":${csp}}}]}`],
  ["keys written with escapes", (csp: string) => String.raw`{"\u005fmeta":{"u\u0069":{"\u0063sp":${csp}}}}`],
])("%s", (_, within) => {
  expect(limitUiHosts(within(policy("good.example")), allowed)).toBe(within(policy("good.example")));
  expect(limitUiHosts(within(policy("evil.example")), allowed)).toBe(within('{"connectDomains":[]}'));
});

test.each([
  ['"default-src *"', "{}"],
  ['["https://evil.example"]', "{}"],
  ["7", "{}"],
  ["null", "null"],
  ['{"connectDomains":"https://evil.example"}', '{"connectDomains":[]}'],
  ['{"connectDomains":{"0":"https://evil.example"}}', '{"connectDomains":[]}'],
  ['{"connect_domains":"https://evil.example"}', '{"connect_domains":[]}'],
  ['{"connectDomains":null}', '{"connectDomains":null}'],
])("a policy %s is %s", (csp, expected) => {
  const within = (value: string) => `{"_meta":{"ui":{"csp":${value}}}}`;
  expect(limitUiHosts(within(csp), allowed)).toBe(within(expected));
});

test("no entry whatever lets a page reach a host that nobody allowed", () => {
  const parts = fc.constantFrom(
    "https://",
    "wss://",
    "*.",
    "good.example",
    "evil.example",
    ".",
    ":",
    "443",
    "/",
    "@",
    " ",
    ";",
    "'",
    "*",
    "a",
  );
  const entry = fc.array(parts, { maxLength: 6 }).map((all) => all.join(""));
  fc.assert(
    fc.property(fc.oneof(entry, fc.string()), (text) => {
      const kept = left(text, "good.example");
      if (kept === undefined) return;
      expect(kept).toBe(text);
      expect(text).toMatch(/^((https?|wss?):\/\/)?good\.example(:(\d+|\*))?\/?$/i);
    }),
    { numRuns: 2000 },
  );
});

test("a text without a policy is the same text", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(limitUiHosts(text, [])).toBe(text);
    }),
  );
});
