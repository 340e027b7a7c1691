/** A search through tools that leaves room for everybody else: it gives way, and stops, before it is long. */
import { setImmediate } from "node:timers/promises";
import type { ScopeEntry } from "@castellan/calls";
import type { Clock } from "@castellan/kernel";
import { searchedTexts } from "./tool-texts.ts";

export interface Search {
  readonly fits: (text: string) => boolean;
  readonly limit: number;
  /** The place of the first entry to look at. */
  readonly from: number;
  readonly clock: Pick<Clock, "monotonic">;
  readonly signal: AbortSignal;
}

export interface Found {
  readonly found: readonly ScopeEntry[];
  /** The place to go on from; absent: all have been looked at. */
  readonly next: number | undefined;
}

/** Of its own time: what others take does not count. */
const maxTimeMs = 250;
const turnMs = 10;
/** Of the definitions that are found, one in any case. */
const maxFoundChars = 256 * 1024;

/** Looks at one entry at least, so that whoever goes on comes to the end. Rejects with the signal's reason. */
export async function searchTools(
  entries: readonly ScopeEntry[],
  { fits, limit, from, clock, signal }: Search,
): Promise<Found> {
  const found: ScopeEntry[] = [];
  let chars = 0;
  let spentMs = 0;
  await nextTurn();
  let turnStartedMs = clock.monotonic();
  for (let at = from; at < entries.length; at++) {
    if (at > from && spentMs + clock.monotonic() - turnStartedMs > maxTimeMs) return { found, next: at };
    const entry = entries[at];
    const texts = entry ? searchedTexts(entry) : [];
    let isFitting = false;
    for (const text of texts) {
      const turnTookMs = clock.monotonic() - turnStartedMs;
      if (turnTookMs > turnMs) {
        spentMs += turnTookMs;
        await nextTurn();
        signal.throwIfAborted();
        turnStartedMs = clock.monotonic();
      }
      isFitting = fits(text);
      if (isFitting) break;
    }
    if (!entry || !isFitting) continue;
    chars += entry.text.length;
    if (found.length === limit || (found.length > 0 && chars > maxFoundChars)) return { found, next: at };
    found.push(entry);
  }
  return { found, next: undefined };
}

let line: Promise<void> = Promise.resolve();

/** A round of the event loop holds the turn of one search, however many there are: other calls wait for one at most. */
function nextTurn(): Promise<void> {
  line = line.then(() => setImmediate());
  return line;
}
