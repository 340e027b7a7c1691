/** The protocol revisions that the house speaks, by era (see docs/reference/glossary.md). */

/** Revisions with the `initialize` handshake, newest first. */
export const legacyVersions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;

/** Revisions with per-request metadata, newest first. */
export const modernVersions = ["2026-07-28"] as const;

export type Era = "legacy" | "modern";
export type LegacyVersion = (typeof legacyVersions)[number];
export type ModernVersion = (typeof modernVersions)[number];

export const latestLegacyVersion: LegacyVersion = legacyVersions[0];
export const latestModernVersion: ModernVersion = modernVersions[0];

/** What a legacy request speaks that carries no `MCP-Protocol-Version` (2025-06-18, transports). */
export const assumedLegacyVersion: LegacyVersion = "2025-03-26";

export function isLegacyVersion(value: unknown): value is LegacyVersion {
  return (legacyVersions as readonly unknown[]).includes(value);
}

export function isModernVersion(value: unknown): value is ModernVersion {
  return (modernVersions as readonly unknown[]).includes(value);
}

/** Keys of `params._meta` and `result._meta` that the modern era reserves (2026-07-28, basic). */
export const metaKeys = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  logLevel: "io.modelcontextprotocol/logLevel",
  serverInfo: "io.modelcontextprotocol/serverInfo",
  subscriptionId: "io.modelcontextprotocol/subscriptionId",
} as const;
