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

/** How a portal calls tools and prompts: `{server}_{name}`, or as the server calls them. */
export type Naming = "prefixed" | "plain";

export const maxPublicNameLength = 64;
const hashLength = 8;

export function toPublicName(server: Slug, name: string): string {
  const wanted = `${server}_${name}`;
  const legal = wanted.replaceAll(/[^A-Za-z0-9_-]/g, "_");
  if (legal === wanted && legal.length <= maxPublicNameLength && !isReservedName(legal)) return legal;
  return withHash(legal, name);
}

/** A name in the place of `publicName`, where another definition has that: another one for each attempt. */
export function toSpareName(publicName: string, name: string, attempt: number): string {
  return withHash(publicName, JSON.stringify([name, attempt]));
}

function withHash(legal: string, of: string): string {
  const hash = createHash("sha256").update(of).digest("hex").slice(0, hashLength);
  return `${legal.slice(0, maxPublicNameLength - hashLength - 1)}_${hash}`;
}

/** The public name that an alias gives (see `isAlias`): it stands where the server's own name would stand. */
export function toAliasName(server: Slug, alias: string, naming: Naming): string {
  return naming === "plain" && !isReservedName(alias) ? alias : toPublicName(server, alias);
}
