/** The four cells: a caller of one era at a portal over a lively server of one era. */
import type { Era } from "../fixtures/exotic.ts";
import { type LivelyLegacyOptions, startLivelyLegacy } from "../fixtures/lively/legacy.ts";
import { type LivelyModernOptions, startLivelyModern } from "../fixtures/lively/modern.ts";
import type { Caller, CallerOptions, Door } from "./callers/caller.ts";
import { openLegacyCaller } from "./callers/legacy.ts";
import { ModernCaller } from "./callers/modern.ts";

export interface Cell {
  readonly cell: "C1" | "C2" | "C3" | "C4";
  readonly caller: Era;
  readonly server: Era;
}

export const cells: readonly Cell[] = [
  { cell: "C1", caller: "legacy", server: "legacy" },
  { cell: "C2", caller: "modern", server: "modern" },
  { cell: "C3", caller: "modern", server: "legacy" },
  { cell: "C4", caller: "legacy", server: "modern" },
];

export type LivelyServer =
  | Awaited<ReturnType<typeof startLivelyLegacy>>
  | Awaited<ReturnType<typeof startLivelyModern>>;

export function startLively(
  era: Era,
  options: LivelyLegacyOptions & LivelyModernOptions = {},
): Promise<LivelyServer> {
  return era === "legacy" ? startLivelyLegacy(options) : startLivelyModern(options);
}

export async function openCaller(era: Era, door: Door, options: CallerOptions = {}): Promise<Caller> {
  return era === "legacy" ? openLegacyCaller(door, options) : new ModernCaller(door, options);
}
