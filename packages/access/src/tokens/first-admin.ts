import { sql, type Database } from "@castellan/database";
import { createId } from "@castellan/kernel";
import { insertToken } from "./create-token.ts";
import { toolClasses } from "../tool-class.ts";
import type { CreatedToken } from "./service-token.ts";
import { parseTokenInput } from "./token-input.ts";

export interface FirstAdminOptions {
  /** The name it gets, with something added if a living token has it. Default `admin`. */
  readonly name?: string | undefined;
  /** It may do everything there. */
  readonly portals?: readonly string[] | undefined;
  readonly nowMs: number;
  /**
   * Keeps the secret where somebody finds it, before the token is committed: a crash in between leaves a
   * secret without a token, which the next start replaces, and never a token that nobody knows. May be
   * called again with another one.
   */
  readonly keep: (created: CreatedToken) => Promise<void>;
}

/**
 * Makes an admin token if none is living, so that somebody can always come in; null if there is one.
 * Replicas that start together make one between them. Throws what `keep` throws.
 */
export function ensureAdminToken(
  database: Database,
  { name = "admin", portals = [], nowMs, keep }: FirstAdminOptions,
): Promise<CreatedToken | null> {
  return database.transaction(async (tx) => {
    await tx.query(sql`select pg_advisory_xact_lock(hashtextextended('castellan.access.first-admin', 0))`);
    const isLiving = sql`revoked_at is null and (expires_at is null or expires_at > ${new Date(nowMs)})`;
    const [there] = await tx.query<{ admin: boolean; name: boolean }>(sql`
      select
        exists (select from tokens where role = 'admin' and ${isLiving}) as admin,
        exists (select from tokens where name = ${name} and ${isLiving}) as name`);
    if (there?.admin) return null;
    const free = there?.name ? `${name}-${createId("token").slice(-8)}` : name;
    const input = { name: free, role: "admin", portals, allow: toolClasses, createdBy: "setup" } as const;
    const created = await insertToken(tx, parseTokenInput(input, nowMs), nowMs);
    await keep(created);
    return created;
  });
}
