import { isFault } from "@castellan/kernel";
import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseBearer } from "./bearer.ts";

const read = (header: string | undefined) => {
  try {
    return parseBearer(header);
  } catch (error) {
    return isFault(error) ? { code: error.code, status: error.status } : error;
  }
};

test.each([
  ["Bearer abc", "abc"],
  ["bearer abc", "abc"],
  ["BEARER   a-._~+/b==", "a-._~+/b=="],
])("%j carries %j", (header, token) => {
  expect(read(header)).toBe(token);
});

test.each([undefined, "", "Basic YTpi", "Bearerabc", "Digest bearer x", " Bearer abc"])(
  "%j carries no token",
  (header) => {
    expect(read(header)).toEqual({ code: "token_missing", status: 401 });
  },
);

test.each([
  "Bearer",
  "Bearer ",
  "Bearer a b",
  "Bearer abc, Bearer def",
  "Bearer =abc",
  "Bearer a=b",
  'Bearer "abc"',
  "Bearer abc\n",
  "Bearer äbc",
  `Bearer ${"a".repeat(13_000)}`,
])("%j is malformed", (header) => {
  expect(read(header)).toEqual({ code: "token_invalid", status: 401 });
});

test("whatever the header, the answer is a token or one of two faults", () => {
  const header = fc.oneof(
    fc.string({ unit: codePoint }),
    fc.string().map((rest) => `Bearer ${rest}`),
  );
  fc.assert(
    fc.property(header, (text) => {
      const answer = read(text);
      if (typeof answer === "string") expect(answer).toMatch(/^[A-Za-z0-9\-._~+/]+=*$/);
      else expect(["token_missing", "token_invalid"]).toContain((answer as { code: string }).code);
    }),
  );
});
