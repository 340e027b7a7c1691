import { kernelFaults, parseSlug } from "@castellan/kernel";
import { roles } from "./roles.ts";
import type { TokenInput } from "./service-token.ts";

/** Checks what a token is to be made from. Fault: `invalid_input`, naming the field. */
export function parseTokenInput(input: TokenInput, nowMs: number): TokenInput {
  const { name, role, portals, createdBy, expiresAtMs } = input;
  if (name.length < 1 || name.length > 64 || name !== name.trim() || unprintable.test(name))
    throw invalid("name", "must be 1 to 64 printable characters, not beginning or ending with a space");
  if (!roles.includes(role)) throw invalid("role", `must be one of ${roles.join(", ")}`);
  if (portals.length > maxPortals) throw invalid("portals", `must be at most ${maxPortals} portals`);
  if (expiresAtMs !== undefined && !(expiresAtMs > nowMs && expiresAtMs <= maxTimeMs))
    throw invalid("expiresAtMs", "must be a time in the future");
  const slugs = portals.map((portal, index) => parseSlug(portal, `portals[${index}]`));
  return { name, role, portals: [...new Set(slugs)].toSorted(), createdBy, expiresAtMs };
}

const maxPortals = 500;
/** The year 9999. */
const maxTimeMs = 253_402_300_799_999;
/** Control, format (bidirectional overrides) and unassigned characters, line separators, lone surrogates. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u;

function invalid(field: string, rule: string): Error {
  return kernelFaults.fault("invalid_input", `${field} ${rule}`, { field });
}
