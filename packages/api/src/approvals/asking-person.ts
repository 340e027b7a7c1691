/** The caller as somebody who asks and decides. */
import { isPermitted, type Principal } from "@castellan/access";
import type { Person } from "@castellan/approvals";

/** Undefined for a program: it asks, and never decides. */
export function personOf(principal: Principal): Person | undefined {
  if (principal.kind !== "user") return undefined;
  const { id, name, email, directory, groups, role } = principal;
  return { id, name, email, directory, groups, role };
}

/** Whether they see all requests, whoever asked: what for, and not with which arguments. */
export function seesAll(principal: Principal): boolean {
  return isPermitted(principal.role, "read");
}
