/**
 * Whose a legacy session is. Two clients of one person were let in to different things, and share no session: what one
 * of them was answered, and is asked, is not for the other.
 */
import type { Caller, Principal } from "@castellan/access";

export interface SessionOwner extends Caller {
  /** The portal's slug. */
  readonly portal: string;
}

export function sessionOwnerOf(principal: Principal, portal: string): SessionOwner {
  return { principalId: principal.id, clientId: clientOf(principal), portal };
}

export function isOwnedBy(session: SessionOwner, { principalId, clientId, portal }: SessionOwner): boolean {
  return session.principalId === principalId && session.clientId === clientId && session.portal === portal;
}

/** The client that they let in: a session does not outlive what they gave it. */
function clientOf(principal: Principal): string | undefined {
  return principal.kind === "user" && principal.grantId !== undefined ? principal.clientId : undefined;
}
