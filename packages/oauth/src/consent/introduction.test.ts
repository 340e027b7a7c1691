import { isPrintable } from "@castellan/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ClientForConsent } from "../ports.ts";
import { introduce, shown } from "./introduction.ts";

function client(kind: ClientForConsent["kind"], id = "cli_1", name = "Cursor"): ClientForConsent {
  return { id, kind, name, redirectUris: [], uri: undefined };
}

test("a program on this computer could be any", () => {
  expect(introduce(client("registered"), "http://127.0.0.1:4711/cb")).toEqual({
    name: "Cursor",
    known: "An admin has added it here.",
    destination: "a program on this computer",
    warning:
      "Any program on this computer could call itself that. Go on only if you have just started it yourself.",
  });
});

test("the command line comes with the house, and is not the only program on a computer", () => {
  expect(introduce(client("registered", "castellan-cli"), "http://127.0.0.1:4711/callback")).toMatchObject({
    known: "It comes with Castellan.",
    warning: expect.stringMatching(/^Any program on this computer/) as string,
  });
});

test("an app is told by the links that it opens", () => {
  expect(introduce(client("dynamic"), "cursor://anysphere/cb")).toEqual({
    name: "Cursor",
    known: "It chose this name itself; nobody has checked it.",
    destination: "the app on this device that opens links with cursor:",
    warning: "Another app on this device could call itself that. Go on only if you have just come from it.",
  });
});

test.each([
  ["registered", "cli_1", "https://app.example.com/cb", false],
  ["document", "https://example.com/client.json", "https://example.com/cb", false],
  ["document", "https://example.com/client.json", "https://app.example.com/cb", false],
  ["document", "https://example.com/client.json", "https://badexample.com/cb", true],
  ["document", "https://example.com/client.json", "https://example.com.evil.example/cb", true],
  ["document", "https://example.com/client.json", "https://example.com:8443/cb", true],
  ["dynamic", "cli_1", "https://app.example.com/cb", true],
] as const)("of a %s client %s that sends people to %s, a warning: %s", (kind, id, redirectUri, isWarned) => {
  const { host } = new URL(redirectUri);
  const { destination, warning } = introduce(client(kind, id), redirectUri);
  expect([destination, warning]).toEqual([
    `the website ${host}`,
    isWarned
      ? `Anybody could call themselves that. Go on only if you know ${host} and have just come from there.`
      : undefined,
  ]);
});

test("a document's host is told as the network knows it, whatever it looks like", () => {
  expect(introduce(client("document", "https://exаmple.com/c.json"), "https://example.com/cb").known).toBe(
    "It goes by this name at xn--exmple-4nf.com.",
  );
});

test("a name is one short line in which nothing hides", () => {
  expect(shown("  two\n\nlines\u202e\u200b ")).toBe("two lines\\u{202E}\\u{200B}");
  expect([...shown("🙂".repeat(200))]).toEqual([..."🙂".repeat(79), "…"]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0x10_ff_ff }), { maxLength: 300 }), (points) => {
      expect(isPrintable(shown(String.fromCodePoint(...points)))).toBe(true);
    }),
  );
});
