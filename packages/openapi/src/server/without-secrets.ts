/**
 * Credentials are repeated by many APIs: a key of the address in `Link`, in `Location`, in the addresses of next pages; whole
 * requests where an error is told. Whoever calls an operation gets the answer without them.
 */
import type { ApiReply } from "./exchange.ts";
import { spellingsOf } from "./spellings.ts";

const instead = "REDACTED";

/** The reply without the secrets, in any spelling; every other byte stays. */
export function withoutSecrets(reply: ApiReply, secrets: readonly string[]): ApiReply {
  const spellings = spellingsOf(secrets);
  if (!spellings) return reply;
  const without = (text: string) => text.replaceAll(spellings, instead);
  const headers = Object.entries(reply.headers).map(([name, value]) => [name, without(value)] as const);
  const bytes = reply.body.toString("latin1");
  const told = without(bytes);
  const body = told === bytes ? reply.body : Buffer.from(told, "latin1");
  return {
    ...reply,
    headers: Object.fromEntries(headers),
    body: reply.isCut ? body.subarray(0, Math.max(0, body.length - longest(secrets))) : body,
  };
}

/** Where an answer was cut, the beginning of one may stand at its end. As long as its longest spelling, in bytes. */
function longest(secrets: readonly string[]): number {
  const lengths = secrets.map((secret) => {
    const special = secret.replaceAll(/[\w.~-]/g, "").length;
    return Math.ceil((secret.length * 4) / 3) + 12 * special;
  });
  return Math.max(...lengths);
}
