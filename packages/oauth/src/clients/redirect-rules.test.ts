import fc from "fast-check";
import { expect, test } from "vitest";
import { isRedirectPermitted, parseRedirectRule } from "./redirect-rules.ts";
import { refuseRedirectUri } from "./redirect-uri.ts";

const isPermitted = (uri: string, ...rules: string[]) =>
  isRedirectPermitted(uri, rules.map(parseRedirectRule));

test.each([
  ["https://a.example/cb", []],
  ["https://a.example/cb", ["https://a.example/cb"]],
  ["https://a.example/x/cb", ["https://a.example/*"]],
  ["https://a.example/x/cb", ["https://b.example/cb", "https://a.example/x/*"]],
  ["http://localhost:5/cb", ["loopback"]],
  ["http://127.0.0.1:4711/cb", ["http://127.0.0.1/cb"]],
  ["cursor://x/cb", ["cursor://x/cb"]],
])("%s is permitted by %j", (uri, rules) => expect(isPermitted(uri, ...rules)).toBe(true));

test.each([
  ["https://a.example/cb2", ["https://a.example/cb"]],
  ["https://a.example/xy", ["https://a.example/x/*"]],
  ["https://a.example.evil.example/", ["https://a.example/*"]],
  ["https://a.example:8443/", ["https://a.example/*"]],
  ["http://localhost:5/cb", ["https://a.example/*"]],
  ["http://127.0.0.1:5/other", ["http://127.0.0.1/cb"]],
  ["http://localhost:5/cb", ["http://127.0.0.1/cb"]],
  ["https://localhost/cb", ["loopback"]],
  ["cursor://x/cb/more", ["cursor://x/cb"]],
])("%s is not permitted by %j", (uri, rules) => expect(isPermitted(uri, ...rules)).toBe(false));

test.each([
  ["cursor://x/*", `"cursor://x/*" may end with /* only after an https address without a query`],
  ["http://localhost/*", `"http://localhost/*" may end with /* only after an https address without a query`],
  ["https://*.example/*", `"https://*.example/*" must have a plain host name`],
  ["https://*", `"https://*" must be an absolute URI`],
  ["*", `"*" must be an absolute URI`],
  ["http://a.example/cb", `"http://a.example/cb" must use https`],
])("%s is no rule", (text, reason) => expect(() => parseRedirectRule(text)).toThrow(new Error(reason)));

test("no address outside of it gets past a wildcard", () => {
  const rule = parseRedirectRule("https://a.example/app/*");
  const uris = fc
    .tuple(
      fc.constantFrom(
        "https://a.example/app/",
        "https://a.example/app/",
        "https://a.example",
        "https://a.example/app",
      ),
      fc.array(
        fc.oneof(
          fc.constantFrom(
            "..",
            "/",
            "\\",
            "@",
            ".",
            "%2e",
            "%2f",
            "%5c",
            "%25",
            "evil.example",
            ":",
            "?",
            "x",
          ),
          fc.string({ maxLength: 2 }),
        ),
        { maxLength: 5 },
      ),
    )
    .map(([head, tail]) => head + tail.join(""));
  fc.assert(
    fc.property(uris, (uri) => {
      fc.pre(refuseRedirectUri(uri) === undefined && isRedirectPermitted(uri, [rule]));
      const url = new URL(uri);
      expect(url.origin).toBe("https://a.example");
      expect(new URL(decoded(decoded(url.pathname)), url).pathname).toMatch(/^\/app\//);
    }),
    { numRuns: 2_000 },
  );
});

/** As a server does that decodes a path before it looks at it. */
function decoded(path: string): string {
  return path.replaceAll(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
