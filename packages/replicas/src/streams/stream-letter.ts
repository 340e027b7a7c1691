/**
 * What asker and owner tell each other. All of it goes under one topic, so it arrives in the order in
 * which it was sent. A stream's name is the asker's; streams of two askers may have the same.
 *
 * - `question` begins a stream, `cancel` ends it from the asker's side.
 * - `text` is one of those ahead of the end, counted from 1; `end` has the next number; `failed` ends it too.
 * - `read`: the asker is done with so many texts. The owner has a window and waits for this.
 * - `open`: all streams that the asker has at this owner, with what it has read. The owner lets go of
 *   others, and tells with `unknown` which of these it does not have. So a letter that got lost,
 *   whichever it was, ends its stream instead of leaving it to wait for ever.
 */
import type { ToldFault } from "./told-fault.ts";

export const streamTopic = "stream";

export type AskerLetter =
  | {
      readonly kind: "question";
      readonly stream: string;
      readonly topic: string;
      readonly question: string;
    }
  | { readonly kind: "cancel"; readonly stream: string }
  | { readonly kind: "read"; readonly stream: string; readonly count: number }
  | { readonly kind: "open"; readonly streams: readonly (readonly [stream: string, read: number])[] };

export type OwnerLetter =
  | { readonly kind: "text"; readonly stream: string; readonly number: number; readonly text: string }
  | { readonly kind: "end"; readonly stream: string; readonly number: number; readonly text: string }
  | { readonly kind: "failed"; readonly stream: string; readonly fault: ToldFault }
  | { readonly kind: "unknown"; readonly streams: readonly string[] };

export type StreamLetter = AskerLetter | OwnerLetter;

/** Sends a letter to a replica; fails as `Replicas.send` does. */
export type Post = (to: string, letter: StreamLetter) => Promise<void>;
