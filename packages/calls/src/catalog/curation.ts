/** What one portal makes of what a server offers. Decided by an admin of the portal, kept by the server's own names. */
import type { CapabilityKind } from "@castellan/mcp";

export interface CurationEntry {
  /** Absent: as the mode says. */
  readonly enabled?: boolean;
  /** Takes the place of the server's name in the public name; tools and prompts only. See `aliasRule`. */
  readonly alias?: string;
  /** Takes the place of the server's description. */
  readonly description?: string;
}

export interface Curation {
  /** `all`: on unless switched off. `allowlist`: off unless switched on. */
  readonly mode: "all" | "allowlist";
  /** By kind, then by the server's own name. Entries stay when the server no longer lists the name. */
  readonly entries: Readonly<Record<CapabilityKind, Readonly<Record<string, CurationEntry>>>>;
}

export const curationModes = ["all", "allowlist"] as const;

export const everything: Curation = Object.freeze({
  mode: "all",
  entries: Object.freeze({ tool: {}, prompt: {}, resource: {}, resource_template: {} }),
});

export const aliasRule =
  "1 to 40 characters: letters and digits, with single hyphens or underscores between them";
const aliasPattern = /^[a-zA-Z0-9]+(?:[_-][a-zA-Z0-9]+)*$/;

export function isAlias(value: string): boolean {
  return value.length <= 40 && aliasPattern.test(value);
}

/** What is decided of one name. Names are strangers' and may be those of members that every object has. */
export function entryOf(curation: Curation, kind: CapabilityKind, name: string): CurationEntry | undefined {
  const entries = curation.entries[kind];
  return Object.hasOwn(entries, name) ? entries[name] : undefined;
}

/** Whether the portal has it on, as far as it is its to say. */
export function isSwitchedOn(curation: Curation, kind: CapabilityKind, name: string): boolean {
  return entryOf(curation, kind, name)?.enabled ?? curation.mode === "all";
}
