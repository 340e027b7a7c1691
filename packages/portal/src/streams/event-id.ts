/**
 * The ids of events of a stream that can be resumed (2025-11-25, transports, "Resumability"):
 * `{token}-{sequence}`. The token says which exchange of which replica the stream belongs to, and which
 * request it answers, and opens for the session it was made for only.
 */
import { isFault } from "@castellan/kernel";
import type { RequestId } from "@castellan/mcp";
import type { Vault } from "@castellan/vault";

export interface StreamPlace {
  readonly replica: string;
  /** The exchange's id at that replica. */
  readonly exchange: string;
  readonly requestId: RequestId;
}

const maxRequestIdBytes = 512;

/** It goes with every event: a request whose id is longer has a stream that cannot be resumed. */
export function fitsEventId(requestId: RequestId): boolean {
  return Buffer.byteLength(JSON.stringify(requestId)) <= maxRequestIdBytes;
}

export function sealPlace(vault: Pick<Vault, "seal">, sessionId: string, place: StreamPlace): string {
  const text = JSON.stringify([place.replica, place.exchange, place.requestId]);
  return vault.seal(text, contextOf(sessionId)).toString("base64url");
}

/** Undefined for an id that was not made for this session. */
export function openEventId(
  vault: Pick<Vault, "open">,
  sessionId: string,
  eventId: string,
): { readonly token: string; readonly place: StreamPlace; readonly sequence: number } | undefined {
  const [, token, digits] = /^([\w-]{1,1024})-(\d{1,15})$/.exec(eventId) ?? [];
  if (token === undefined) return undefined;
  try {
    const text = vault.open(Buffer.from(token, "base64url"), contextOf(sessionId)).toString("utf8");
    const [replica, exchange, requestId] = JSON.parse(text) as [string, string, RequestId];
    return { token, place: { replica, exchange, requestId }, sequence: Number(digits) };
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
}

/** It stands in no column: it travels through the client. */
function contextOf(sessionId: string) {
  return { table: "sessions", row: sessionId, column: "event_id" };
}
