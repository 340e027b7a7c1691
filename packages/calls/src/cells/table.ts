import type { Era } from "@castellan/mcp";
import type { Cell } from "./cell.ts";
import { legacyToLegacy } from "./legacy-legacy.ts";
import { legacyToModern } from "./legacy-modern.ts";
import { modernToLegacy } from "./modern-legacy.ts";
import { modernToModern } from "./modern-modern.ts";

/** The caller's era, then the server's. */
export const cells: Readonly<Record<Era, Readonly<Record<Era, Cell>>>> = {
  legacy: { legacy: legacyToLegacy, modern: legacyToModern },
  modern: { legacy: modernToLegacy, modern: modernToModern },
};
