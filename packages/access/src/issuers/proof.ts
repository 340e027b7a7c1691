/** What an issuer or provider says of how and when somebody proved who they are: claims, so anything may stand there. */
import { isPrintable } from "@castellan/kernel";
import type { Claims } from "./claims.ts";

const maxMethods = 16;
const maxMethodLength = 64;

/** `amr` (RFC 8176 §1), each once; what is no method is left out. */
export function readMethods(amr: unknown): string[] {
  const told: readonly unknown[] = Array.isArray(amr) ? amr : [];
  const methods = told
    .filter((one) => typeof one === "string")
    .filter((one) => one !== "" && one.length <= maxMethodLength && isPrintable(one))
    .slice(0, maxMethods);
  return [...new Set(methods)];
}

/**
 * `auth_time` (RFC 9068 §2.2.1) in milliseconds since the epoch, never later than now. When the token was made (`iat`) says
 * nothing of it: a program gets new tokens all day without its person.
 */
export function readProvedAt(claims: Claims, nowMs: number): number | undefined {
  const at = claims["auth_time"];
  return typeof at === "number" && at >= 0 ? Math.min(at * 1000, nowMs) : undefined;
}
