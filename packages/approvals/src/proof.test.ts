import { expect, test } from "vitest";
import { proofSuffices } from "./proof.ts";

const now = Date.UTC(2026, 0, 1);
const wanted = { withinSeconds: 60, methods: undefined };

test.each([
  [{ ageMs: 0, amr: ["pwd", "otp", "mfa"] }, true],
  [{ ageMs: 59_999, amr: ["hwk", "user", "mfa"] }, true],
  // A key that anybody who holds the device can use.
  [{ ageMs: 0, amr: ["hwk", "user"] }, false],
  [{ ageMs: 0, amr: ["swk"] }, false],
  [{ ageMs: 0, amr: ["hwk", "swk", "otp"] }, false],
  [{ ageMs: 0, amr: ["hwk", "pin"] }, true],
  [{ ageMs: 0, amr: ["swk", "fpt"] }, true],
  [{ ageMs: 0, amr: ["pwd", "pin", "kba"] }, false],
  [{ ageMs: 0, amr: ["pwd", "rba", "geo", "user", "mca"] }, false],
  [{ ageMs: 0, amr: [] }, false],
  [{ ageMs: 60_000, amr: ["mfa"] }, false],
  [{ ageMs: -60_000, amr: ["mfa"] }, true],
  [{ ageMs: -60_001, amr: ["mfa"] }, false],
  [{ ageMs: 0, amr: ["pwd", "otp"] }, true],
  [{ ageMs: Number.NaN, amr: ["mfa"] }, false],
])("%j: %s", ({ ageMs, amr }, suffices) => {
  expect(proofSuffices(wanted, { at: new Date(now - ageMs), amr }, now)).toBe(suffices);
});

test("a rule that names ways takes one of these, and no other", () => {
  const methods = ["face", "hwk"];
  const of = (amr: readonly string[]) =>
    proofSuffices({ ...wanted, methods }, { at: new Date(now), amr }, now);
  expect([of(["hwk"]), of(["face"]), of(["mfa"]), of([])]).toEqual([true, true, false, false]);
});
