import fc from "fast-check";
import { expect, test } from "vitest";
import { parseChallenges, readBearerChallenge } from "./challenge.ts";

const parsed = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

test("a challenge for a bearer token says where metadata are, what is wrong and which scopes it takes", () => {
  expect(
    readBearerChallenge(
      'Bearer error="insufficient_scope", scope="files:read  files:write", resource_metadata="https://a.example/x?y=1,2", error_description="Say \\"please\\""',
    ),
  ).toEqual({
    error: "insufficient_scope",
    scopes: ["files:read", "files:write"],
    resourceMetadata: "https://a.example/x?y=1,2",
  });
  expect(readBearerChallenge("BEARER")).toEqual({
    error: undefined,
    scopes: undefined,
    resourceMetadata: undefined,
  });
  expect(readBearerChallenge('Basic realm="Bearer x=1"')).toBeUndefined();
  expect(readBearerChallenge(undefined)).toBeUndefined();
});

test.each([
  // RFC 9110 §11.6.1, its own example.
  [
    'Basic realm="simple", Newauth realm="apps", type=1,  title="Login to \\"apps\\""',
    [
      ["basic", { realm: "simple" }],
      ["newauth", { realm: "apps", type: "1", title: 'Login to "apps"' }],
    ],
  ],
  [
    'Negotiate YIIJvwYGKwYBBQUCoIIJszCC==, Bearer scope="a b"',
    [
      ["negotiate", {}],
      ["bearer", { scope: "a b" }],
    ],
  ],
  ["Bearer a = b , c=d", [["bearer", { a: "b", c: "d" }]]],
  [
    "Bearer resource_metadata=https://a.example/p",
    [["bearer", { resource_metadata: "https://a.example/p" }]],
  ],
  ['Bearer scope="a", SCOPE="b"', [["bearer", { scope: "a" }]]],
  [
    "Digest, Bearer",
    [
      ["digest", {}],
      ["bearer", {}],
    ],
  ],
  ['Bearer scope="never ends', [["bearer", {}]]],
  [", ,", []],
  ["", []],
  ["\u0000", []],
])("%s", (header, expected) => {
  expect(parsed(header)).toEqual(expected);
});

test("whatever is quoted comes out as it went in", () => {
  const word = fc.string({ maxLength: 30 });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 5 }), (values) => {
      const quoted = values.map((value, at) => `p${at}="${value.replaceAll(/["\\]/g, "\\$&")}"`);
      expect(parsed(`Bearer ${quoted.join(", ")}`)).toEqual([
        ["bearer", Object.fromEntries(values.map((value, at) => [`p${at}`, value]))],
      ]);
    }),
  );
});

test("whatever comes is read, in bounds", () => {
  const pieces = fc.constantFrom('"', "\\", ",", " ", "=", "Bearer", "a", "scope", "\t", "é", "==", "\n");
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((all) => all.join("")),
      ),
      (header) => {
        const challenges = parseChallenges(header);
        expect(challenges.length).toBeLessThanOrEqual(16);
        for (const { parameters } of challenges) expect(parameters.size).toBeLessThanOrEqual(32);
      },
    ),
  );
});

test("a header made to be read for long is read at once", () => {
  for (const piece of ['a="', "a=\\", "a ", "a=b,", "\\", '"', "=", "a=,"]) {
    const started = performance.now();
    parseChallenges(`Bearer ${piece.repeat(100_000)}`);
    expect(performance.now() - started).toBeLessThan(2_000);
  }
});
