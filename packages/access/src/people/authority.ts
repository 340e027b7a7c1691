/**
 * Who may decide about whom. Whoever could change an owner's address or hand out a role above their own would be
 * owner in two steps.
 */
import { sql, type Queryable } from "@castellan/database";
import { accessFaults } from "../faults.ts";
import { isPermitted, permissions, type Role } from "../roles.ts";
import type { User } from "./user.ts";

/** Whether somebody with the role `by` may make, change or remove people with the role `of`, or prove anew who they are. */
export function mayManage(by: Role, of: Role): boolean {
  return isPermitted(by, isPermitted(of, "manage") ? "own" : "manage");
}

/** Whether `role` lets its holder do nothing that `by` does not. */
export function isWithin(by: Role, role: Role): boolean {
  return permissions.every((permission) => !isPermitted(role, permission) || isPermitted(by, permission));
}

/** Throws `permission_required`. */
export function assertMayManage(by: Role, ...roles: readonly Role[]): void {
  const role = roles.find((one) => !mayManage(by, one));
  if (role === undefined) return;
  throw accessFaults.fault(
    "permission_required",
    `To decide about a person with the role ${role} takes an owner`,
  );
}

/**
 * Holds, to the end of the transaction, everybody else who may change who is an owner: taken ahead of any row, so
 * that of many who each take away one of the last owners the last is refused.
 */
export async function lockOwners(tx: Queryable): Promise<void> {
  await tx.query(sql`select pg_advisory_xact_lock(hashtextextended('castellan.access.owners', 0))`);
}

export async function countOwners(database: Queryable): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    sql`select count(*) as count from users where role = 'owner' and status = 'active'`,
  );
  return row?.count ?? 0;
}

/** To be called under `lockOwners`, before `user` stops being an active owner. Throws `last_owner`. */
export async function assertOwnerRemains(tx: Queryable, user: Pick<User, "role" | "status">): Promise<void> {
  if (user.role !== "owner" || user.status !== "active" || (await countOwners(tx)) > 1) return;
  throw accessFaults.fault("last_owner", "This is the last active owner; make another one first");
}
