/**
 * The name under which a server's tool or prompt is offered: `{server}_{name}`.
 *
 * Made once, when a definition enters the catalog; never split again to find the server. At most
 * 64 characters, since model providers refuse longer ones, and of the characters that both they and
 * MCP allow (2025-11-25, tools, "Tool names"). A name that has to be bent to fit, or that is a portal's
 * own, ends in a hash of the original, so that two bent names stay apart.
 */
import { createHash } from "node:crypto";
import type { Slug } from "@castellan/kernel";
import { isReservedName } from "./reserved-name.ts";

export const maxPublicNameLength = 64;
const hashLength = 8;

export function toPublicName(server: Slug, name: string): string {
  const wanted = `${server}_${name}`;
  const legal = wanted.replaceAll(/[^A-Za-z0-9_-]/g, "_");
  if (legal === wanted && legal.length <= maxPublicNameLength && !isReservedName(legal)) return legal;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, hashLength);
  return `${legal.slice(0, maxPublicNameLength - hashLength - 1)}_${hash}`;
}
