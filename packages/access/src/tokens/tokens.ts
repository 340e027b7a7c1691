import { recordChange, sql, type Database, type Queryable } from "@castellan/database";
import { kernelFaults, type Id } from "@castellan/kernel";
import { accessFaults } from "../faults.ts";
import type { ServiceToken } from "./service-token.ts";
import { assertVersion } from "./lock-token.ts";
import { tokenColumns, toServiceToken, type TokenRow } from "./token-row.ts";

export interface TokenFilter {
  /** Also those that were revoked. Default false. */
  readonly includeRevoked?: boolean | undefined;
  /** 1 to 500; default 100. */
  readonly limit?: number | undefined;
  /** The id of the last token on the page before. */
  readonly after?: Id<"token"> | undefined;
}

/** Tokens, newest first. Fault: `invalid_input` (field `limit`). */
export async function listTokens(database: Queryable, filter: TokenFilter = {}): Promise<ServiceToken[]> {
  const limit = filter.limit ?? 100;
  if (!Number.isInteger(limit) || limit < 1 || limit > 500)
    throw kernelFaults.fault("invalid_input", "limit must be a whole number from 1 to 500", {
      field: "limit",
    });
  const rows = await database.query<TokenRow>(sql`
    select ${tokenColumns} from tokens
    where (revoked_at is null or ${filter.includeRevoked ?? false})
      and (${filter.after ?? null}::text is null or id < ${filter.after ?? null})
    order by id desc limit ${limit}`);
  return rows.map(toServiceToken);
}

/** Fault: `token_not_found`. */
export async function getToken(database: Queryable, id: Id<"token">): Promise<ServiceToken> {
  const [row] = await database.query<TokenRow>(sql`select ${tokenColumns} from tokens where id = ${id}`);
  if (!row) throw notFound();
  return toServiceToken(row);
}

/**
 * Ends a token for good. Every replica refuses it as soon as it has read the change, and a replica
 * that cannot read changes refuses all. Ending it twice is ending it once.
 * Faults: `token_not_found`, and `version_stale` for another version than `ifMatch`.
 */
export async function revokeToken(
  database: Database,
  id: Id<"token">,
  nowMs: number,
  ifMatch?: number,
): Promise<ServiceToken> {
  return database.transaction(async (tx) => {
    const [row] = await tx.query<TokenRow>(sql`
      update tokens set revoked_at = coalesce(revoked_at, ${new Date(nowMs)})
      where id = ${id} returning ${tokenColumns}`);
    if (!row) throw notFound();
    assertVersion(row, ifMatch);
    await recordChange(tx, "tokens", id);
    return toServiceToken(row);
  });
}

function notFound(): Error {
  return accessFaults.fault("token_not_found", "There is no token with this id");
}
