/** By what somebody was let in, without the secret that they showed: enough to find out later who they are by then. */
import { isId } from "@castellan/kernel";
import type { Principal } from "../principal.ts";

export interface Standing {
  /** What a person gave a client, a service token, or what a client may do for itself. */
  readonly kind: "grant" | "token" | "client";
  readonly id: string;
  /** Of the credential that was shown, which may have been for less than there is: no more than these come back. */
  readonly scopes: readonly string[];
  /** When it was shown. A service token's secrets that are newer did not let them in. */
  readonly sinceMs: number;
}

/** Undefined for whoever can only be known by what they show: tokens of other issuers, and who came without one. */
export function standingOf({ kind, scopes, ...principal }: Principal, sinceMs: number): Standing | undefined {
  if (kind === "public" || scopes === undefined) return undefined;
  if (kind === "service")
    return { kind: isId("token", principal.id) ? "token" : "client", id: principal.id, scopes, sinceMs };
  const grantId = "grantId" in principal ? principal.grantId : undefined;
  return grantId === undefined ? undefined : { kind: "grant", id: grantId, scopes, sinceMs };
}
