/** What an evaluator is asked: who is calling, with what, and from where, signed by this installation. */
import { SignJWT } from "jose";
import type { Caller, Connection } from "../facts/facts.ts";
import type { SigningKey } from "./signing-key.ts";

/** RFC 8725 §3.11. */
const questionType = "castellan-evaluation+jwt";
const lifetimeSeconds = 60;

export interface Question {
  readonly caller: Caller;
  readonly connection: Connection;
  /** The evaluator's address: what it must find in `aud`. */
  readonly url: string;
  /** Random, and never used again: the answer must hold it. */
  readonly nonce: string;
  /** What it must find in `iss`, and put into `aud` of its answer. */
  readonly publicUrl: string;
  readonly nowMs: number;
}

export async function signQuestion(question: Question, { privateKey, kid }: SigningKey): Promise<string> {
  const { caller, connection, url, nonce, publicUrl, nowMs } = question;
  const nowSeconds = Math.floor(nowMs / 1000);
  return new SignJWT({ nonce, ...claimsOf(caller, connection) })
    .setProtectedHeader({ alg: "ES256", kid, typ: questionType })
    .setIssuer(publicUrl)
    .setAudience(url)
    .setJti(nonce)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + lifetimeSeconds)
    .sign(privateKey);
}

/** What is not known is absent. */
function claimsOf(caller: Caller, { address, country, certificate }: Connection): Record<string, unknown> {
  return {
    sub: caller.id,
    kind: caller.kind,
    email: caller.email,
    groups: [...caller.groups],
    client_id: caller.clientId,
    address: address === "" ? undefined : address,
    country,
    certificate: certificate && {
      common_name: certificate.commonName,
      sha256: certificate.fingerprint,
    },
  };
}
