/**
 * Requests to authorization servers and for their documents, whose addresses others wrote down: the safe way out only, small
 * and soon over. What fails is sorted here into what may be better later and what will not.
 */
import { isFault, type Fault } from "@castellan/kernel";
import type { Outbound, OutboundResponse } from "@castellan/web";
import { credentialFaults } from "../faults.ts";
import type { OAuthTarget } from "./oauth.ts";

export type Way = Pick<Outbound, "fetch" | "check">;
export type Allowed = Pick<OAuthTarget, "allowPrivate">;

/** `absent`: there is no such document, and that is final as far as one answer can be. */
export type DocumentAnswer =
  | { readonly kind: "found"; readonly document: Readonly<Record<string, unknown>> }
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly fault: Fault };

const maxDocumentBytes = 256 * 1024;
const documentTimeoutMs = 10_000;
const maxRedirects = 3;

/** A JSON object by GET. Throws `cancelled`. */
export async function getDocument(
  way: Way,
  url: string,
  { allowPrivate }: Allowed,
  signal?: AbortSignal,
): Promise<DocumentAnswer> {
  let answer: OutboundResponse;
  try {
    answer = await way.fetch(url, {
      policy: { allowPrivate },
      maxBytes: maxDocumentBytes,
      timeoutMs: documentTimeoutMs,
      maxRedirects,
      headers: { accept: "application/json" },
      ...(signal && { signal }),
    });
  } catch (error) {
    if (isFault(error, "cancelled")) throw error;
    return { kind: "failed", fault: toWireFault(error) };
  }
  const { status } = answer;
  if (isTemporary(status)) return { kind: "failed", fault: unavailable(`${hostOf(url)} answers ${status}`) };
  const document = status === 200 ? readObject(answer.body) : undefined;
  return document === undefined ? { kind: "absent" } : { kind: "found", document };
}

/** Statuses that say nothing about what was asked. */
export function isTemporary(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/** A JSON object; undefined: it is none. */
export function readObject(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** What the way out refuses for good, and what may be better later. */
export function toWireFault(error: unknown): Fault {
  if (!isFault(error)) throw error;
  if (error.code === "cancelled" || error.code in credentialFaults.specs) return error;
  if (error.code === "outbound_refused" || error.code === "outbound_policy_invalid")
    return credentialFaults.fault("upstream_auth_unsupported", toRefusal(error), { cause: error });
  return credentialFaults.fault("credentials_unavailable", error.message, { cause: error });
}

/** Of an address that a stranger wrote: no field of anything that somebody filled in. */
function toRefusal({ code, message, field }: Fault): string {
  const reason = field === undefined ? message : message.replace(`${field}: `, "");
  return code === "outbound_refused"
    ? `${reason} for this server; one that may be private is allowed by name (\`allowPrivate\`)`
    : reason;
}

export function unavailable(message: string): Fault {
  return credentialFaults.fault("credentials_unavailable", message);
}

/** `mcp.example.com`; a name in other letters as what it is in these (`xn--…`). */
export function hostOf(url: string): string {
  return URL.parse(url)?.host ?? "an unknown host";
}
