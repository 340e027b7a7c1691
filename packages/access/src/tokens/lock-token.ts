import { sql, type Transaction } from "@castellan/database";
import { kernelFaults, type Id } from "@castellan/kernel";
import { accessFaults } from "../faults.ts";
import { isWithin } from "../people/authority.ts";
import type { Role } from "../roles.ts";
import { tokenColumns, type TokenRow } from "./token-row.ts";

export interface TokenActing {
  /** The role of whoever asks: a token that can do more than they is not theirs to change, nor its secret theirs to see. */
  readonly by: Role;
  readonly nowMs: number;
  /** Another version than that is refused with `version_stale`. */
  readonly ifMatch?: number | undefined;
}

/**
 * A living token as it is, and stays until the transaction ends.
 * Throws `token_not_found`, `token_ended`, `permission_required`, `version_stale`.
 */
export async function lockToken(
  tx: Transaction,
  id: Id<"token">,
  { by, nowMs, ifMatch }: TokenActing,
): Promise<TokenRow> {
  const [row] = await tx.query<TokenRow>(
    sql`select ${tokenColumns} from tokens where id = ${id} for no key update`,
  );
  if (!row) throw accessFaults.fault("token_not_found", "There is no token with this id");
  assertWithin(by, row.role);
  if (row.revoked_at || (row.expires_at && row.expires_at.getTime() <= nowMs))
    throw accessFaults.fault("token_ended", "The token was revoked or has expired; make another one");
  assertVersion(row, ifMatch);
  return row;
}

/** Throws `version_stale`. */
export function assertVersion({ version }: TokenRow, ifMatch: number | undefined): void {
  if (ifMatch === undefined || ifMatch === version) return;
  throw kernelFaults.fault("version_stale", `The token is at version ${version}, not at ${ifMatch}`, {
    field: "If-Match",
    data: { version },
  });
}

/** Nobody makes, or gets the secret of, a token that can do more than they. Throws `permission_required`. */
export function assertWithin(by: Role, role: Role): void {
  if (isWithin(by, role)) return;
  throw accessFaults.fault("permission_required", `A token with the role ${role} can do more than you`);
}
