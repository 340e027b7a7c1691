/** Whether what came back is this evaluator's answer to this question, and to no other one (RFC 8725 §3). */
import { errors, jwtVerify, type JWTVerifyGetKey } from "jose";
import { answerAlgorithms } from "./evaluator.ts";

export interface ExpectedAnswer {
  readonly keys: JWTVerifyGetKey;
  readonly nonce: string;
  readonly publicUrl: string;
  readonly nowMs: number;
}

export interface Answer {
  readonly isGood: boolean;
  /** When it holds no more, milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** Why there is no answer, in the words of an operator's log. */
export class NoAnswer extends Error {
  /** Whether others would get none either: it is away, or broken. */
  readonly isDown: boolean;

  constructor(reason: string, { isDown = false, cause }: { isDown?: boolean; cause?: unknown } = {}) {
    super(reason, { cause });
    this.isDown = isDown;
  }
}

const clockSkewSeconds = 60;
const maxTokenLength = 16 * 1024;

/** `{"token": "…"}`, a JWT with `success`. Throws `NoAnswer`; and what fetching the keys throws. */
export async function readAnswer(
  body: Uint8Array,
  { keys, nonce, publicUrl, nowMs }: ExpectedAnswer,
): Promise<Answer> {
  const token = readToken(body);
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: [...answerAlgorithms],
      audience: publicUrl,
      requiredClaims: ["iat", "exp"],
      // An answer to a question that was just asked is new.
      maxTokenAge: clockSkewSeconds,
      clockTolerance: clockSkewSeconds,
      currentDate: new Date(nowMs),
    });
    if (payload["nonce"] !== nonce) throw new NoAnswer("the answer is to another question (`nonce`)");
    const { success } = payload;
    if (typeof success !== "boolean") throw new NoAnswer("the answer's `success` is neither true nor false");
    return { isGood: success, expiresAtMs: (payload.exp ?? 0) * 1000 };
  } catch (cause) {
    if (!(cause instanceof errors.JOSEError) && !(cause instanceof TypeError)) throw cause;
    throw new NoAnswer(`the answer's signature or claims do not hold: ${cause.message}`, { cause });
  }
}

function readToken(body: Uint8Array): string {
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new NoAnswer("the answer is not JSON", { cause });
  }
  const { token } = (answer ?? {}) as { token?: unknown };
  if (typeof token === "string" && token.length <= maxTokenLength) return token;
  throw new NoAnswer("the answer holds no `token`");
}
