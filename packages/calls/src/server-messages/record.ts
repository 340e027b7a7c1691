/** What a server asked of a caller is on record before the caller sees it, and when it was refused, too. */
import type { AuditLog } from "@castellan/audit";
import { createId, type Clock, type Fault, type Id } from "@castellan/kernel";
import type { CatalogServer } from "../catalog/catalog.ts";
import type { Listener } from "./exchange.ts";

export interface RecordPorts {
  readonly audit: Pick<AuditLog, "append" | "hasten">;
  readonly clock: Clock;
  /** The replica that serves. */
  readonly replica: string;
}

/** Resolves once it is on record. Throws `audit_unavailable`, `audit_overloaded`. */
export async function recordQuestion(
  asked: {
    method: string;
    text: string;
    server: CatalogServer;
    listener: Listener;
    objection: Fault | undefined;
  },
  { audit, clock, replica }: RecordPorts,
): Promise<Id<"call">> {
  const { method, text, server, listener, objection } = asked;
  const id = createId("call");
  await audit.append({
    id,
    startedAtMs: clock.now(),
    durationMs: 0,
    requestId: listener.requestId,
    replica,
    portal: listener.portal,
    server: server.server.slug,
    era: listener.era,
    method,
    principalKind: listener.principal.kind,
    principalId: listener.principal.id,
    principalName: listener.principal.name,
    clientName: listener.clientName,
    clientVersion: listener.clientVersion,
    clientAddress: listener.address,
    sessionId: listener.sessionId,
    outcome: objection ? "refused" : "ok",
    stage: objection ? "policy" : undefined,
    code: objection?.code,
    bytesIn: Buffer.byteLength(text),
    bytesOut: 0,
    parentCallId: listener.callId,
  });
  return id;
}
