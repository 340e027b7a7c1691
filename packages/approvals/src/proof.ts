/** Whether somebody proved who they are as lately and as well as a rule wants it. */
import type { Proof } from "./approvals.ts";

export interface WantedProof {
  readonly withinSeconds: number;
  /** Of `amr`, one of which must be there. Absent: a second factor or a passkey. */
  readonly methods: readonly string[] | undefined;
}

/** RFC 8176 §2: several factors; a key in hardware or in software. */
const strong = ["mfa", "hwk", "swk"];

/** A clock of another replica may be ahead by so much. */
const maxSkewMs = 60_000;

/** Whether this proof meets the need, at this moment (wall time, milliseconds). */
export function proofSuffices(
  { withinSeconds, methods = strong }: WantedProof,
  { at, amr }: Proof,
  nowMs: number,
): boolean {
  const ageMs = nowMs - at.getTime();
  return (
    ageMs >= -maxSkewMs && ageMs < withinSeconds * 1000 && methods.some((method) => amr.includes(method))
  );
}
