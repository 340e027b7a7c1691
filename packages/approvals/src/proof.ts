/** Whether somebody proved who they are as lately and as well as a rule wants it. */
import type { Proof } from "./approvals.ts";

export interface WantedProof {
  readonly withinSeconds: number;
  /** Of `amr`, one of which must be there. Absent: two factors, which a passkey that asks for a PIN or a finger is. */
  readonly methods: readonly string[] | undefined;
}

/** RFC 8176 §2, by what each proves: that somebody knows, has, or is something. */
const factors = [
  ["pwd", "pin", "kba"],
  ["otp", "hwk", "swk", "pop", "sc", "sms", "tel"],
  ["fpt", "face", "iris", "retina", "vbm"],
] as const;

/** A clock of another replica may be ahead by so much. */
const maxSkewMs = 60_000;

/** Whether this proof meets the need, at this moment (wall time, milliseconds). */
export function proofSuffices(
  { withinSeconds, methods }: WantedProof,
  { at, amr }: Proof,
  nowMs: number,
): boolean {
  const ageMs = nowMs - at.getTime();
  const isGood = methods === undefined ? isOfTwoFactors(amr) : methods.some((method) => amr.includes(method));
  return isGood && ageMs >= -maxSkewMs && ageMs < withinSeconds * 1000;
}

/** A key by itself (`hwk`, `swk`) is one: whoever has the unlocked device uses it without being asked for anything. */
function isOfTwoFactors(amr: readonly string[]): boolean {
  return amr.includes("mfa") || factors.filter((of) => of.some((method) => amr.includes(method))).length > 1;
}
