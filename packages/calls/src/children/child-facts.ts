/** What the way of a call knows of one that code makes. */
import type { Id } from "@castellan/kernel";
import type { ForwardTarget, Parsed } from "../call.ts";

export interface ChildFacts {
  readonly parentCallId: Id<"call">;
  readonly runId: Id<"run">;
  /** The message, which was read when the call was made. Throws what reading it did. */
  readonly read: () => Parsed;
  /** Each time before a server is asked. The call does not go where it rejects. */
  readonly onDispatch: (target: ForwardTarget) => void | Promise<void>;
  /** Whether somebody waits for what was called so far to be on record. */
  readonly isRecordAwaited: () => boolean;
}
