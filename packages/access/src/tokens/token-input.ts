/** Checks what a token is to be made from, or changed to. The fault is `invalid_input`, naming the field. */
import { invalidInput, isPrintable, parseSlug } from "@castellan/kernel";
import { roles, type Role } from "../roles.ts";
import { parseScope, portalScope, portalsOf } from "../scopes.ts";
import { toolClasses } from "../tool-class.ts";
import type { TokenInput, TokenScopes } from "./service-token.ts";

const maxNameLength = 64;
const maxPortals = 500;
const maxScopes = 2000;
/** The year 9999. */
const maxTimeMs = 253_402_300_799_999;

export interface CheckedToken {
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly string[];
  readonly createdBy: string;
  readonly expiresAtMs: number | undefined;
}

export function parseTokenInput(input: TokenInput, nowMs: number): CheckedToken {
  const { role, createdBy, expiresAtMs } = input;
  if (!roles.includes(role)) throw invalid("role", `must be one of ${roles.join(", ")}`);
  return {
    name: parseTokenName(input.name),
    role,
    scopes: parseTokenScopes(input),
    createdBy,
    expiresAtMs: expiresAtMs === undefined ? undefined : parseExpiry(expiresAtMs, nowMs),
  };
}

export function parseTokenName(name: string): string {
  if (name.length >= 1 && name.length <= maxNameLength && name === name.trim() && isPrintable(name))
    return name;
  throw invalid(
    "name",
    `must be 1 to ${maxNameLength} printable characters, not beginning or ending with a space`,
  );
}

export function parseExpiry(expiresAtMs: number, nowMs: number): number {
  if (expiresAtMs > nowMs && expiresAtMs <= maxTimeMs) return expiresAtMs;
  throw invalid("expiresAt", "must be a time in the future");
}

/** Sorted, each once; who may do something at a portal may enter it. */
export function parseTokenScopes({ scopes = [], portals = [], allow = ["read"] }: TokenScopes): string[] {
  if (allow.some((toolClass) => !toolClasses.includes(toolClass)))
    throw invalid("allow", `must name only ${toolClasses.join(", ")}`);
  if (portals.length > maxPortals) throw invalid("portals", `must be at most ${maxPortals} portals`);
  const slugs = portals.map((portal, index) => parseSlug(portal, `portals[${index}]`));
  const all = new Set([
    ...scopes.flatMap(withEntry),
    ...slugs.flatMap((slug) => [
      portalScope(slug),
      ...allow.map((toolClass) => portalScope(slug, toolClass)),
    ]),
  ]);
  if (all.size > maxScopes) throw invalid("scopes", `must be at most ${maxScopes} in all`);
  const sorted = [...all].toSorted();
  if (sorted.length > 0 && portalsOf(sorted).length === 0)
    throw invalid("scopes", "must name a portal through which these servers are reached");
  return sorted;
}

function withEntry(text: string, index: number): string[] {
  const scope = parseScope(text);
  if (scope?.kind === "server") return [text];
  if (scope?.kind === "portal") return [portalScope(scope.portal), text];
  const why = scope
    ? "must not be api: what a token may do there is said by its role"
    : `must be ${scopeRule}`;
  throw invalid(`scopes[${index}]`, why);
}

export const scopeRule =
  "portal:{slug}, portal:{slug}:{class} or {server}:{class}, the class read, write or destructive";

function invalid(field: string, reason: string): Error {
  return invalidInput([{ field, reason }]);
}
