/** The public keys of an evaluator, as they are now. */
import { isFault } from "@castellan/kernel";
import type { Outbound } from "@castellan/web";
import { createLocalJWKSet, type JWK, type JWTVerifyGetKey } from "jose";
import { policyFaults } from "../faults.ts";
import type { EvaluatorFields } from "./evaluator.ts";

export type KeysOf = Pick<EvaluatorFields, "keysUrl" | "allowPrivate" | "timeoutMs">;

const maxBytes = 128 * 1024;
const maxKeys = 100;

/**
 * Throws `evaluator_unfit`, `evaluator_unavailable`, and naming `keysUrl` what `outbound.fetch` throws of an address that
 * may not be called.
 */
export async function loadEvaluatorKeys(
  { keysUrl, allowPrivate, timeoutMs }: KeysOf,
  outbound: Pick<Outbound, "fetch">,
): Promise<JWTVerifyGetKey> {
  try {
    const { status, body } = await outbound.fetch(keysUrl, {
      policy: { allowPrivate },
      maxBytes,
      timeoutMs,
      headers: { accept: "application/json" },
      field: "keysUrl",
    });
    if (status >= 500 || status === 429) throw unavailable(`status ${status}`);
    if (status !== 200) throw unfit(`it answers with status ${status}`);
    return toKeySet(body);
  } catch (cause) {
    if (isFault(cause) && cause.owner === "upstream" && cause.code.startsWith("outbound_"))
      throw unavailable(cause.message, cause);
    throw cause;
  }
}

function toKeySet(body: Uint8Array): JWTVerifyGetKey {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw unfit("it is not JSON", cause);
  }
  const { keys } = (document ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw unfit("it holds no `keys`");
  if (keys.length > maxKeys) throw unfit(`it holds more than ${maxKeys} keys`);
  const usable = keys.filter((key): key is JWK => isPublicKey(key));
  if (usable.length === 0) throw unfit("none of its keys is one to check signatures with");
  return createLocalJWKSet({ keys: usable });
}

/** A key of both sides (`oct`) is none: whoever can check with it can sign with it. */
function isPublicKey(key: unknown): boolean {
  const { kty, use = "sig" } = (key ?? {}) as { kty?: unknown; use?: unknown };
  return (kty === "RSA" || kty === "EC" || kty === "OKP") && use === "sig";
}

function unfit(reason: string, cause?: unknown): Error {
  return policyFaults.fault("evaluator_unfit", `What is at keysUrl is no key set: ${reason}`, {
    field: "keysUrl",
    cause,
  });
}

function unavailable(reason: string, cause?: unknown): Error {
  return policyFaults.fault("evaluator_unavailable", `The evaluator's keys cannot be fetched: ${reason}`, {
    field: "keysUrl",
    cause,
  });
}
