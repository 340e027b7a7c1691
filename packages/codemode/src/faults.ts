import { defineFaults, type Fault } from "@castellan/kernel";

/** Failures of Code Mode. What a program throws itself is not one of them. */
export const codemodeFaults = defineFaults({
  code_invalid: {
    owner: "caller",
    status: 400,
    help: "The code does not parse. `data` names line and column (from 1) and repeats the line.",
  },
  code_too_large: { owner: "caller", status: 413, help: "The code is larger than a run may have." },
  code_threw: { owner: "caller", status: 422, help: "The code threw; the message is its own." },
  code_tool_unknown: {
    owner: "caller",
    status: 404,
    help: "`codemode` has no tool of this name for this caller; `portal_codemode_search` finds what there is.",
  },
  code_lookups_limited: {
    owner: "caller",
    status: 429,
    help: "The run has looked up tools as often as one may: 100 times.",
  },
  code_arguments_invalid: {
    owner: "caller",
    status: 400,
    help: "A tool is called with one object of arguments that can be written as JSON.",
  },
  code_tool_failed: {
    owner: "upstream",
    status: 502,
    help: "The tool answered that it failed; the message is its own.",
  },
  code_result_invalid: {
    owner: "caller",
    status: 422,
    help: "What the code returned cannot be written as JSON.",
  },
  run_unknown: { owner: "caller", status: 404, help: "There is no such run of this caller's." },
  run_ended: { owner: "caller", status: 409, help: "The run has ended already." },
  run_cancelled: { owner: "caller", status: 409, help: "The run was cancelled, by its caller or an admin." },
  run_result_gone: {
    owner: "caller",
    status: 410,
    help: "What the run returned is kept for an hour, and was longer ago.",
  },
  run_outcome_unknown: {
    owner: "caller",
    status: 409,
    help: "The run was interrupted while a call was under way that may have been carried out. It is not repeated: `data.calls` names it. Look at the server whether it was.",
  },
  run_expired: {
    owner: "caller",
    status: 410,
    help: "Nobody decided in time. Send the code again to begin anew.",
  },
  run_diverged: {
    owner: "caller",
    status: 409,
    help: "Run again after a decision, the code did something else than before, so that what it did cannot be told apart from what it is to do. Send it again to begin anew.",
  },
  run_taken: { owner: "system", status: 503, retryable: true, help: "Another replica works on the run." },
  runs_limited: {
    owner: "caller",
    status: 429,
    help: "This caller has as many runs that wait as one may have.",
  },
});

/** Whoever took it has what was committed, and goes on with it: this process has nothing more to say. */
export function runTaken(run: string): Fault {
  return codemodeFaults.fault("run_taken", `Another replica works on ${run}: try again in a moment`, {
    data: { run },
  });
}

/** In the same words for runs that never were and for those of others. */
export function runUnknown(): Fault {
  return codemodeFaults.fault("run_unknown", "There is no such run of this caller's");
}

interface NamedCall {
  readonly target: string;
  readonly callId: string;
}

export function runDiverged(left: readonly NamedCall[]): Fault {
  return codemodeFaults.fault(
    "run_diverged",
    `Run again, the code did not ask again for what it has done already: ${namesOf(left)}. Nothing new was done; look at what is there before you send the code again`,
    { data: { calls: left.map(toCallData) } },
  );
}

export function runOutcomeUnknown(calls: readonly NamedCall[]): Fault {
  return codemodeFaults.fault(
    "run_outcome_unknown",
    `The run was interrupted while this was under way: ${namesOf(calls)}. Whether it was carried out is not known, and it is not repeated: look at what is there`,
    { data: { calls: calls.map(toCallData) } },
  );
}

function toCallData({ target, callId }: NamedCall) {
  return { tool: target, callId };
}

/** The first few. */
function namesOf(calls: readonly NamedCall[]): string {
  const names = calls.slice(0, 5).map(({ target }) => target);
  return calls.length > names.length
    ? `${names.join(", ")} and ${calls.length - names.length} more`
    : names.join(", ");
}
