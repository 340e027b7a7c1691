/**
 * An evaluator: a service of the company that says of a request whether device and session are as they should be. What it
 * is asked and what it answers are JWTs (`question.ts`, `answer.ts`).
 */
import type { Id } from "@castellan/kernel";

export interface EvaluatorFields {
  readonly title: string;
  /** Where it is asked. */
  readonly url: string;
  /** Where its public keys are (RFC 7517 §5). */
  readonly keysUrl: string;
  /** Hosts, `host:port`, addresses or CIDRs at which both may be although they are not public. */
  readonly allowPrivate: readonly string[];
  /** How long it may take to answer. */
  readonly timeoutMs: number;
  /** For how long an answer holds for the same caller, client, address and certificate. 0: for that request. */
  readonly cacheSeconds: number;
}

export interface NewEvaluator extends EvaluatorFields {
  /** What rules call it. It never changes. */
  readonly slug: string;
}

export interface Evaluator extends NewEvaluator {
  readonly id: Id<"evaluator">;
  /** Grows with each change: what `If-Match` is compared with. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What is absent stays. */
export type EvaluatorChange = {
  readonly [Field in keyof EvaluatorFields]?: EvaluatorFields[Field] | undefined;
};

export const evaluatorBounds = {
  timeoutMs: { min: 100, max: 10_000, fallback: 2_000 },
  cacheSeconds: { min: 0, max: 300, fallback: 60 },
} as const;

/** Signatures that an evaluator's answers may have: made with a private key that only it has, never `none` and no MAC. */
export const answerAlgorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;
