/** Code as a program of isolates: our modules around it, and the host as the one thing that it may reach. */
import { createHash } from "node:crypto";
import type { Binding, Program, RunLimits } from "@castellan/isolates";
import type { Room } from "../run.ts";
import { insideModules, mainModule, programModule } from "./modules.ts";
import { hostBinding } from "./protocol.ts";

export interface ProgramParts {
  /** What `Language.toModule` made of the code. */
  readonly module: string;
  readonly room: Room["kind"];
  /**
   * The same in each pass of a run, of no other run, and secret, for `crypto.randomUUID()` and passwords that code makes come of it: a MAC of the run's id.
   */
  readonly seed: string;
  /** What `Date.now()` is when the run clock is 0: the beginning of the run, not of the pass. */
  readonly startedAtMs: number;
  readonly owner: string;
  readonly limits?: Partial<RunLimits> | undefined;
  /** Answers with texts of `valueReply` and `errorReply`, as `protocol.ts` says. What it throws is thrown in the program; `PutOff` leaves a call unanswered. */
  readonly host: Binding;
}

export function toProgram(parts: ProgramParts): Program {
  return {
    owner: parts.owner,
    modules: { ...insideModules, [programModule]: parts.module },
    mainModule,
    compatibilityDate,
    bindings: { [hostBinding]: parts.host },
    input: JSON.stringify({
      room: parts.room,
      startedAtMs: parts.startedAtMs,
      randomKey: createHash("sha256")
        .update("castellan code mode randomness\0")
        .update(parts.seed)
        .digest("hex"),
      needsCatalog: parts.room === "portal" && mayListTools(parts.module),
    }),
    limits: parts.limits,
  };
}

/** What the runtime is to behave like: raised with care, for paused runs go on in it. */
const compatibilityDate = "2026-07-01";

/**
 * Whether the code may ask for all tools: it has them at once then, and does not have to wait. Told from its text: who is wrong has
 * waited for nothing, or gets a promise.
 */
function mayListTools(module: string): boolean {
  return /\btools\b|\b(?:keys|entries|values)\(\s*codemode\b|\bin\s+codemode\b|\.\.\.\s*codemode\b/.test(
    module,
  );
}
