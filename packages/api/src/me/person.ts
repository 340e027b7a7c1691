import { accessFaults, type Principal } from "@castellan/access";
import type { Id } from "@castellan/kernel";

/** The person who calls; undefined for a program, which has neither sessions nor grants. */
export function personOf(principal: Principal): Id<"user"> | undefined {
  return principal.kind === "user" ? principal.id : undefined;
}

/** What is not one's own is told like what is not there. */
export function notYours(code: "sign_in_not_found" | "grant_not_found"): Error {
  const noun = code === "grant_not_found" ? "grant" : "sign-in session";
  return accessFaults.fault(code, `There is no ${noun} with this id`);
}
