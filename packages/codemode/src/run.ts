/** A run of code: what was asked, how far it is, what came of it. */
import type { Standing, ToolClass } from "@castellan/access";
import type { ChildOrigin, ErrandNote } from "@castellan/calls";
import type { Id } from "@castellan/kernel";
import type { LogLine } from "@castellan/isolates";

/**
 * `running`: a replica works on it. `paused`: it waits for people (`waits`), or for its caller to come back (none). `completed`, `failed`,
 * `expired` (nobody decided in time), `cancelled` (its caller did not want it any more) are ends.
 */
export const runStates = ["running", "paused", "completed", "failed", "expired", "cancelled"] as const;
export type RunState = (typeof runStates)[number];

export const runTools = ["search", "execute"] as const;
export type RunTool = (typeof runTools)[number];

/** What code runs in: over all tools of a portal, or over the document of one server. */
export type Room =
  | { readonly kind: "portal" }
  | { readonly kind: "api"; readonly serverId: Id<"server">; readonly server: string };

/** Whose run it is, as far as it has to be known to go on without the request that began it. Nothing of it is secret. */
export interface RunCaller {
  readonly principalKind: "user" | "service" | "public";
  readonly principalId: string;
  readonly principalName: string;
  /** With what they were let in; absent where only its caller can go on with it. */
  readonly standing?: Standing | undefined;
  readonly clientId?: string | undefined;
}

/** Whence it was begun: rules look at that when it goes on as well. */
export type RunPlace = Pick<ChildOrigin, "requestId" | "address" | "connection" | "ownHost" | "client">;

export interface Run {
  readonly id: Id<"run">;
  readonly state: RunState;
  readonly tool: RunTool;
  readonly room: Room;
  readonly caller: RunCaller;
  /** Slug. */
  readonly portal: string;
  /** Slugs, where the connection held a part of the portal only. */
  readonly narrowedTo?: readonly string[] | undefined;
  readonly place: RunPlace;
  /** The call that began it: what its own calls are children of. */
  readonly callId: Id<"call">;
  readonly startedAt: Date;
  readonly endedAt?: Date | undefined;
  /** When a paused run is given up, or what it returned is. */
  readonly expiresAt: Date;
  /** What it waits for. */
  readonly waits: readonly RunWait[];
  /** Grows with each change of state: who goes on with a run does so by comparing it. */
  readonly version: number;
  /** Of a run that is `running`: who works on it. */
  readonly replica?: string | undefined;
  readonly outcome?: RunOutcome | undefined;
  /** Milliseconds over all passes; how many passes; how many calls went out. */
  readonly use: {
    readonly wallMs: number;
    readonly cpuMs: number;
    readonly passes: number;
    readonly calls: number;
  };
}

/** A page that a person has to see first. */
export type RunWait = ErrandNote & {
  /** The public name of the tool, or the URI. */
  readonly tool: string;
};

export type RunOutcome =
  | { readonly kind: "returned"; readonly bytes: number }
  | { readonly kind: "failed"; readonly code: string };

/** What a run makes of the host: calls that go through the stages, and what the host answers itself. */
export type RunCallMethod = "tools/call" | "resources/read" | "prompts/get" | "wait" | "local";

/** A call that a run made, in the order in which its code did. */
export interface RunCall {
  readonly seq: number;
  readonly method: RunCallMethod;
  /** Public name, or URI. */
  readonly target: string;
  /** Of a tool: the name by which the code called it. */
  readonly written?: string | undefined;
  /** Keyed, of method, target and canonical arguments, in hex: with `occurrence`, by which a replay finds it. */
  readonly digest: string;
  /** How many calls of the same digest came before. */
  readonly occurrence: number;
  /** Absent for what is no tool. */
  readonly class?: ToolClass | undefined;
  /**
   * `asked`: the code made it, and nothing that changes anything has come of it. `intended`: committed before it is dispatched, unless it is a
   * read; one that is found so by a later pass is unknown. `waiting`: for a person, and was not carried out. `done`: with an outcome that a
   * replay gives again.
   */
  readonly state: "asked" | "intended" | "waiting" | "done";
  /** The record of the call. */
  readonly callId: Id<"call">;
  /** Of one that waits: the id of what it waits for. */
  readonly waitsFor?: string | undefined;
  readonly errorCode?: string | undefined;
  readonly outcome?: CallOutcomeText | undefined;
  /** How many outcomes had reached the code when it made the call. */
  readonly issuedAfter: number;
  /** The place in the order in which outcomes reached the code, from 1; they are given again in that order. */
  readonly settledAs?: number | undefined;
  /** Milliseconds of the run's own clock at that moment. */
  readonly settledAtMs?: number | undefined;
  readonly durationMs?: number | undefined;
}

/** As the program is told it: raw JSON of the unwrapped result, or an error with code and message. */
export type CallOutcomeText =
  | { readonly kind: "value"; readonly text: string }
  | { readonly kind: "error"; readonly code: string; readonly message: string };

/** What the caller of a tool that runs code gets. */
export type RunAnswer = {
  readonly run: Id<"run">;
  readonly logs: readonly LogLine[];
} & (RunEnding | { readonly status: "paused"; readonly waits: readonly RunWait[]; readonly expiresAt: Date });

/** How a run ended, as its caller is told it. `text`: raw JSON; `data`: what a program may want to know. */
export type RunEnding =
  | { readonly status: "completed"; readonly text: string | undefined }
  | {
      readonly status: "failed";
      readonly code: string;
      readonly message: string;
      readonly data?: Readonly<Record<string, unknown>> | undefined;
    };

/** A run with all that is kept of it. */
export interface RunDetails extends Run {
  /** As it came. */
  readonly code: string;
  readonly calls: readonly RunCall[];
  readonly logs: readonly LogLine[];
  /** Why it failed: a sentence. */
  readonly message?: string | undefined;
}

/** A run that came to its end here, for logs and metrics. */
export interface EndedRun extends Pick<Run, "id" | "portal" | "tool"> {
  /** Slug of the API over which it ran. */
  readonly server?: string | undefined;
  readonly state: "completed" | "failed" | "cancelled";
  readonly code?: string | undefined;
  /** Of its last pass, milliseconds. */
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly calls: number;
}

export interface RunFilter {
  readonly principalId?: string | undefined;
  readonly state?: RunState | undefined;
  readonly portal?: string | undefined;
  /** Begun then or later. */
  readonly since?: Date | undefined;
  /** The last one of the page before. */
  readonly after?: Id<"run"> | undefined;
  readonly limit: number;
}

/** Runs, as people look at them. */
export interface Runs {
  /** Newest first; a page is as long as the limit unless it is the last. */
  list(filter: RunFilter): Promise<readonly Run[]>;
  find(id: string): Promise<RunDetails | undefined>;
  /** Raw JSON of what it returned, while it is kept; for its caller only. */
  result(id: string, principalId: string): Promise<string | undefined>;
  /** Ends one that is paused or under way, for its caller. Faults: `run_unknown`, `run_ended`. */
  cancel(id: string, principalId: string): Promise<Run>;
}
