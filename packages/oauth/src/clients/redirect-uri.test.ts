import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  applicationType,
  redirectKind,
  refuseRedirectUri,
  refuseTogether,
  withoutLoopbackPort,
} from "./redirect-uri.ts";

test.each([
  ["https://claude.ai/api/mcp/auth_callback", "web"],
  ["https://vscode.dev/redirect", "web"],
  ["https://a.example", "web"],
  ["https://a.example:8443/cb?x=1&y=%2Fz", "web"],
  ["https://xn--bcher-kva.example/cb", "web"],
  ["https://10.0.0.1/cb", "web"],
  ["http://localhost:33418/", "loopback"],
  ["http://localhost", "loopback"],
  ["http://127.0.0.1:54212/callback", "loopback"],
  ["http://[::1]:3000/callback", "loopback"],
  ["cursor://anysphere.cursor-retrieval/oauth/user-notion/callback", "app"],
  ["vscode://vscode.github-authentication/did-authenticate", "app"],
  ["vscode-insiders://cb", "app"],
  ["com.example.app:/oauth2redirect/example-provider", "app"],
  ["goose:///oauth", "app"],
])("%s is taken as %s", (uri, kind) => {
  expect([refuseRedirectUri(uri), redirectKind(uri)]).toEqual([undefined, kind]);
});

test.each([
  ["", "must hold only what a URI may hold (RFC 3986)"],
  ["/callback", "must be an absolute URI"],
  ["//a.example/cb", "must be an absolute URI"],
  [`https://a.example/${"x".repeat(1024)}`, "must have at most 1024 characters"],
  ["https://a.example/cb#frag", "must not have a fragment"],
  ["https://a.example/cb#", "must not have a fragment"],
  ["https://user@a.example/cb", "must not hold a user name or password"],
  ["https://:pw@a.example/cb", "must not hold a user name or password"],
  ["https://a.example@evil.example/cb", "must not hold a user name or password"],
  ["app://user@host/cb", "must not hold a user name or password"],
  ["https://@a.example/cb", "must be in its plain form: https://a.example/cb"],
  [String.raw`https://a.example\@evil.example/cb`, "must hold only what a URI may hold (RFC 3986)"],
  [String.raw`https:\\a.example/cb`, "must hold only what a URI may hold (RFC 3986)"],
  ["https:a.example/cb", "must be in its plain form: https://a.example/cb"],
  ["https:///a.example/cb", "must be in its plain form: https://a.example/cb"],
  [" https://a.example/cb", "must hold only what a URI may hold (RFC 3986)"],
  ["https://a.exa\tmple/cb", "must hold only what a URI may hold (RFC 3986)"],
  ["https://a.example/cb\n", "must hold only what a URI may hold (RFC 3986)"],
  ["https://bücher.example/cb", "must hold only what a URI may hold (RFC 3986)"],
  ["https://аpple.example/cb", "must hold only what a URI may hold (RFC 3986)"],
  ["https://a。example/cb", "must hold only what a URI may hold (RFC 3986)"],
  ["https://%61.example/cb", "must be in its plain form: https://a.example/cb"],
  ["https://a.example/%zz", "must hold only what a URI may hold (RFC 3986)"],
  ["HTTPS://A.example/cb", "must be in its plain form: https://a.example/cb"],
  ["https://a.example:443/cb", "must be in its plain form: https://a.example/cb"],
  ["https://a.example/x/../cb", "must be in its plain form: https://a.example/cb"],
  ["https://a.example/x/%2e%2E/cb", "must be in its plain form: https://a.example/cb"],
  [
    "https://a.example/x/..%2fcb",
    "must not have encoded dots, slashes, percent signs or controls in its path",
  ],
  [
    "https://a.example/x/%252e%252e/cb",
    "must not have encoded dots, slashes, percent signs or controls in its path",
  ],
  [
    "https://a.example/x/..%5Ccb",
    "must not have encoded dots, slashes, percent signs or controls in its path",
  ],
  [
    "https://a.example/%2ehidden",
    "must not have encoded dots, slashes, percent signs or controls in its path",
  ],
  ["https://a.example/cb%00", "must not have encoded dots, slashes, percent signs or controls in its path"],
  [
    "https://a.example/cb%0d%0ax:y",
    "must not have encoded dots, slashes, percent signs or controls in its path",
  ],
  ["https://*.example/cb", "must have a plain host name"],
  ["https://*/cb", "must have a plain host name"],
  ["https://a;script-src.example/cb", "must have a plain host name"],
  ["https://a,b.example/cb", "must have a plain host name"],
  ["https://a..example/cb", "must have a plain host name"],
  ["https://a.example./cb", "must have a plain host name"],
  ["http://a.example/cb", "must use https"],
  ["http://localhost.evil.example/cb", "must use https"],
  ["http://127.0.0.1.nip.example/cb", "must use https"],
  ["http://127.0.0.2/cb", "must use https"],
  ["http://0.0.0.0/cb", "must use https"],
  ["http://127.1/cb", "must be in its plain form: http://127.0.0.1/cb"],
  ["http://2130706433/cb", "must be in its plain form: http://127.0.0.1/cb"],
  ["http://[::ffff:127.0.0.1]/cb", "must be in its plain form: http://[::ffff:7f00:1]/cb"],
  ["http://[::ffff:7f00:1]/cb", "must use https"],
  ["javascript:alert(1)", "must not use the scheme javascript:"],
  [
    "javascript://a.example/%0aalert(1)",
    "must not have encoded dots, slashes, percent signs or controls in its path",
  ],
  ["javascript:/alert(1)", "must not use the scheme javascript:"],
  ["JavaScript:alert(1)", "must be in its plain form: javascript:alert(1)"],
  ["data:text/html,x", "must not use the scheme data:"],
  ["vbscript:x", "must not use the scheme vbscript:"],
  ["file:///etc/passwd", "must not use the scheme file:"],
  ["blob:https://a.example/x", "must not use the scheme blob:"],
  ["about:blank", "must not use the scheme about:"],
  ["ws://a.example/", "must not use the scheme ws:"],
  ["intent://a.example/x", "must not use the scheme intent:"],
  ["ms-msdt:/id", "must not use the scheme ms-msdt:"],
  ["search-ms://query", "must not use the scheme search-ms:"],
  ["mailto:a@a.example", "must not use the scheme mailto:"],
  ["myapp:callback", "must go on with a slash after myapp:"],
  ["urn:ietf:wg:oauth:2.0:oob", "must not use the scheme urn:"],
])("%j is refused: %s", (uri, reason) => expect(refuseRedirectUri(uri)).toBe(reason));

/** An address, and into it what parsers disagree about. */
const hostile = fc
  .tuple(
    fc.constantFrom(
      "https://a.example",
      "http://localhost:80",
      "http://127.0.0.1",
      "http://[::1]",
      "app:/",
      "app://h",
    ),
    fc.nat(20),
    fc.oneof(
      fc.constantFrom(
        "//",
        "/",
        "\\",
        "@",
        ":",
        "#",
        "?",
        "*",
        "/../",
        "%2e",
        "%2F",
        "%00",
        "%",
        ":443",
        ":8080",
      ),
      fc.constantFrom(
        "evil.example",
        "@evil.example",
        "。",
        "ⓛ",
        "\u202e",
        "\t",
        " ",
        ";",
        "'",
        "javascript:",
        "0x7f.1",
      ),
      fc.string({ unit: codePoint, maxLength: 3 }),
    ),
    fc.constantFrom("", "/cb", "/cb?x=y", ".evil.example/", "@evil.example/", ":1/", "/a/../b"),
  )
  .map(([uri, at, piece, end]) => uri.slice(0, at) + piece + uri.slice(at) + end);

test("whatever is taken is read alike by everybody, and leads where it says", () => {
  fc.assert(
    fc.property(hostile, (uri) => {
      fc.pre(refuseRedirectUri(uri) === undefined);
      const url = new URL(uri);
      // No parser's correction was needed; what is before the first slash after the scheme is the host and port.
      expect([url.href, url.href.replace(/\/$/, "")]).toContain(uri);
      expect(url.username + url.password + url.hash).toBe("");
      if (/^https?:/.test(uri)) {
        const [, authority = ""] = /^https?:\/\/([^/?]*)/.exec(uri) ?? [];
        expect(authority).toBe(url.host);
      }
      expect(url.protocol).not.toBe("javascript:");
      if (url.protocol === "http:") expect(["localhost", "127.0.0.1", "[::1]"]).toContain(url.hostname);
    }),
    { numRuns: 5_000 },
  );
});

test("any port of loopback is the same place, and nothing else changes", () => {
  expect(
    [
      "http://127.0.0.1:1/cb",
      "http://127.0.0.1/cb",
      "http://localhost:2/cb",
      "https://a.example:8443/cb",
    ].map(withoutLoopbackPort),
  ).toEqual([
    "http://127.0.0.1/cb",
    "http://127.0.0.1/cb",
    "http://localhost/cb",
    "https://a.example:8443/cb",
  ]);
});

test("with any address on a person's computer a client is a native one", () => {
  expect(applicationType(["https://a.example/"])).toBe("web");
  expect(applicationType(["https://a.example/", "http://localhost/"])).toBe("native");
  expect(applicationType(["https://a.example/", "app://x/y"])).toBe("native");
});

test("https on this computer stands alone", () => {
  expect(refuseTogether(["https://localhost:1/cb", "https://a.example/"])).toBeUndefined();
  expect(refuseTogether(["https://localhost:1/cb", "app://x"])).toBe(
    "must not name https://localhost:1/cb beside addresses of an app",
  );
});
