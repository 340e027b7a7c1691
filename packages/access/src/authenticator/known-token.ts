/** A living token as the hot path needs it. */
import type { Principal } from "../principal.ts";
import type { FoundAccessToken } from "./find-access-tokens.ts";
import type { TokenRow } from "../tokens/token-row.ts";
import type { SecretHash } from "../token-secret.ts";

export interface KnownToken {
  readonly principal: Principal;
  /** Where it is good: a portal's slug, the API, or wherever its scopes say. */
  readonly goodAt: { readonly portal: string } | "api" | "anywhere";
  readonly expiresAtMs: number;
  /** Ids of whatever it would be another one without, or none: itself, its grant, user, client, issuer. */
  readonly hangsOn: readonly string[];
  /** The row that its use is noted in. */
  readonly noted: { readonly table: "tokens" | "grants"; readonly id: string } | undefined;
  /** When its use was last noted for the database. */
  lastUsedAtMs: number;
}

export function ofServiceToken(row: TokenRow & { readonly ends_at: Date | null }): KnownToken {
  const { id, name, role } = row;
  return {
    principal: Object.freeze({ kind: "service", id, name, role, scopes: Object.freeze(row.scopes) }),
    goodAt: "anywhere",
    expiresAtMs: row.ends_at?.getTime() ?? Number.POSITIVE_INFINITY,
    hangsOn: [id],
    noted: { table: "tokens", id },
    lastUsedAtMs: row.last_used_at?.getTime() ?? 0,
  };
}

export function ofAccessToken(found: FoundAccessToken, hash: SecretHash): KnownToken {
  const { client_id: clientId, grant_id: grantId, user_id: userId } = found;
  const scopes = Object.freeze(found.scopes);
  const principal: Principal =
    grantId !== null && userId !== null
      ? {
          kind: "user",
          id: userId,
          name: found.name ?? "",
          role: found.role ?? "member",
          email: found.email ?? "",
          directory: found.directory ?? "customers",
          groups: Object.freeze(found.groups),
          scopes,
          grantId,
          clientId,
          ...(found.client_name && { clientName: found.client_name }),
          provider: found.provider ?? undefined,
          amr: Object.freeze(found.amr ?? []),
          provedAtMs: found.proved_at?.getTime(),
          claims: Object.freeze(found.claims ?? {}),
        }
      : { kind: "service", id: clientId, name: clientId, role: "member", scopes };
  return {
    principal: Object.freeze(principal),
    goodAt: found.portal === null ? "api" : { portal: found.portal },
    expiresAtMs: found.ends_at.getTime(),
    hangsOn: [hash, clientId, ...(grantId === null ? [] : [grantId]), ...(userId === null ? [] : [userId])],
    noted: grantId === null ? undefined : { table: "grants", id: grantId },
    lastUsedAtMs: found.grant_used_at?.getTime() ?? 0,
  };
}
