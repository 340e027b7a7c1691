import fc from "fast-check";
import { expect, test } from "vitest";
import { parseReturnTo, signInPath } from "./return-to.ts";

test.each([
  ["/account", "/account"],
  ["/account?done=app", "/account?done=app"],
  ["/account/new-passkey", "/account/new-passkey"],
  ["/oauth/authorize/abc?x=%2Fy#z", "/oauth/authorize/abc?x=%2Fy"],
  ["/oauth/../account", "/account"],
  ["/approvals", "/approvals"],
  ["/approvals/apr_1?directory=customers", "/approvals/apr_1?directory=customers"],
  ["/links", "/links"],
  ["/links/requests/lnk_1", "/links/requests/lnk_1"],
])("%s is gone to as %s", (text, path) => {
  expect(parseReturnTo(text)).toBe(path);
});

test.each([
  undefined,
  "",
  "account",
  "/",
  "/sign-out",
  "/api/v1/users",
  "/oauth",
  "/accounts",
  "/approvals2",
  "/links2",
  "/api/v1/approvals",
  "/approvals/../sign-out",
  "/approvals//evil.example",
  "//evil.example",
  "//evil.example/oauth/x",
  "///evil.example/oauth/",
  "/\\evil.example",
  "\\/\\/evil.example",
  "/oauth/\\..\\..\\..\\evil",
  "/\t/evil.example",
  "\t//evil.example",
  " //evil.example",
  "/oauth/\n/x",
  "https://evil.example/oauth/x",
  "https:/oauth/x",
  "http:account",
  "javascript:alert(1)",
  "javascript:/oauth/%0aalert(1)",
  "data:text/html,x",
  "/oauth/../../sign-out",
  "/oauth/%2e%2e/sign-out",
  "/oauth//evil.example",
  "/account//evil.example",
  "/%2f%2fevil.example",
  "/%5cevil.example",
  "/oauth/\u{202e}x",
  `/oauth/${"x".repeat(2048)}`,
])("%j leads to the account", (text) => {
  expect(parseReturnTo(text)).toBe("/account");
});

test("whatever it is, a browser stays at this server, on a path that is known, and no second reading differs", () => {
  const piece = fc.constantFrom(
    "/",
    "\\",
    "//",
    "..",
    ".",
    "%2e",
    "%2f",
    "%5c",
    "@",
    ":",
    "?",
    "#",
    "\t",
    "\n",
    " ",
    "\0",
    "oauth",
    "account",
    "approvals",
    "evil.example",
    "https:",
    "javascript:",
    "castellan.test",
    "é",
    "\u{202e}",
  );
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        text.map((rest) => `/oauth/${rest}`),
      ),
      (hostile) => {
        const path = parseReturnTo(hostile);
        const url = new URL(path, "https://castellan.test");
        expect(url.origin).toBe("https://castellan.test");
        expect(url.pathname).toMatch(/^\/(oauth\/|account$|account\/|approvals$|approvals\/)/);
        expect(url.pathname + url.search).toBe(path);
        expect(parseReturnTo(path)).toBe(path);
      },
    ),
    { numRuns: 2000 },
  );
});

test("the address of the sign-in page holds no more than was judged", () => {
  expect(signInPath("/oauth/authorize/a?b=c", { directory: "customers", again: true })).toBe(
    "/sign-in?to=%2Foauth%2Fauthorize%2Fa%3Fb%3Dc&directory=customers&again=1",
  );
  expect(signInPath("/account", { other: true })).toBe("/sign-in?to=%2Faccount&other=1");
  expect(signInPath("//evil.example")).toBe("/sign-in?to=%2Faccount");
});
