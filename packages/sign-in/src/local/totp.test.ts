import fc from "fast-check";
import { expect, test } from "vitest";
import { codeAt } from "../testing/code-at.ts";
import { matchTotp, newTotpSecret, totpSetUp } from "./totp.ts";

/** RFC 6238 appendix B, SHA-1, the last six digits. */
const secret = Buffer.from("12345678901234567890");

test.each([
  [59, "287082"],
  [1_111_111_109, "081804"],
  [1_111_111_111, "050471"],
  [1_234_567_890, "005924"],
  [2_000_000_000, "279037"],
])("at %i the code is %s", (seconds, code) => {
  const nowMs = seconds * 1000;
  expect(codeAt(secret, nowMs)).toBe(code);
  expect(matchTotp(secret, code, { nowMs, afterStep: 0 })).toBe(Math.floor(seconds / 30));
});

const nowMs = 1_111_111_111_000;
const step = Math.floor(nowMs / 30_000);

test.each([
  [-2, undefined],
  [-1, step - 1],
  [0, step],
  [1, step + 1],
  [2, undefined],
])("a code of %i steps away belongs to step %s", (steps, expected) => {
  expect(matchTotp(secret, codeAt(secret, nowMs + steps * 30_000), { nowMs, afterStep: 0 })).toBe(expected);
});

test("a code whose step is used is no code, nor is an earlier one", () => {
  const code = codeAt(secret, nowMs);
  expect(matchTotp(secret, code, { nowMs, afterStep: step })).toBeUndefined();
  expect(matchTotp(secret, code, { nowMs, afterStep: step - 1 })).toBe(step);
  expect(matchTotp(secret, codeAt(secret, nowMs - 30_000), { nowMs, afterStep: step })).toBeUndefined();
});

test("people type codes in groups; whatever is no six digits is no code", () => {
  const code = codeAt(secret, nowMs);
  expect(matchTotp(secret, ` ${code.slice(0, 3)} ${code.slice(3)} `, { nowMs, afterStep: 0 })).toBe(step);
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/^\s*(\d\s*){6}$/.test(text));
      expect(matchTotp(secret, text, { nowMs, afterStep: 0 })).toBeUndefined();
    }),
  );
});

test("an app is told everything by the URI, and the key in groups for whoever types it", () => {
  const { uri, key } = totpSetUp(secret, { issuer: "Castellan (mcp.example.com)", label: "ada@example.com" });
  const url = new URL(uri);
  expect([url.protocol, url.host, decodeURIComponent(url.pathname)]).toEqual([
    "otpauth:",
    "totp",
    "/Castellan (mcp.example.com):ada@example.com",
  ]);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    issuer: "Castellan (mcp.example.com)",
    secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    algorithm: "SHA1",
    digits: "6",
    period: "30",
  });
  expect(key).toBe("GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
  expect([newTotpSecret().length, newTotpSecret().equals(newTotpSecret())]).toEqual([20, false]);
});
