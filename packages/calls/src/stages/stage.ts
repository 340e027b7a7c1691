import type { AuditLog } from "@castellan/audit";
import type { Principal, Use } from "@castellan/access";
import type { Clock, Fault } from "@castellan/kernel";
import type { Connection, Judge, Use as PolicyUse } from "@castellan/policy";
import type { TraceContext } from "@castellan/telemetry";
import type { Vault } from "@castellan/vault";
import type { CallApprovals } from "../approval/call-approvals.ts";
import type { PortalAddress, PortalView, Received } from "../call.ts";
import type { CallCredentials, CallLinks } from "../credentials/ports.ts";
import type { Conversations } from "../conversations/conversations.ts";
import type { CallLimiter } from "../limits/call-limiter.ts";
import type { Circuits } from "../limits/circuits.ts";
import type { CallPolicy } from "../policy/call-policy.ts";
import type { RequestStates } from "../request-state/request-states.ts";
import type { LinePool } from "../upstreams/line-pool.ts";
import type { Upstreams } from "../upstreams/upstreams.ts";

/** What the stages need from the rest of the house. */
export interface CallPorts {
  /** Throws `token_missing`, `token_invalid`, `token_expired`, `replica_stale`; `rate_limited` for the public. */
  readonly authenticate: (arrival: Arrival) => Principal | Promise<Principal>;
  /**
   * The portal at this address, if there is one and the caller may use anything of it, as the address wants it.
   * Throws `invalid_input` for an option that it cannot have, `insufficient_scope` for a token that is not for it,
   * `policy_denied` where rules keep this caller out from there.
   */
  readonly findPortal: (address: PortalAddress, principal: Principal, judge: Judge) => PortalView | undefined;
  readonly policy: CallPolicy;
  readonly approvals: CallApprovals;
  readonly credentials: Pick<CallCredentials, "prepare" | "isOpenTo" | "accountOf">;
  /** Requests to people to link an account of theirs. */
  readonly links: CallLinks;
  /** Ends what is under way when its caller is let in no more, until it is disposed of. */
  readonly holdCall?: (call: HeldCall) => Disposable;
  readonly upstreams: Upstreams;
  readonly limiter: CallLimiter;
  readonly circuits: Circuits;
  readonly audit: Pick<AuditLog, "append" | "hasten">;
  readonly clock: Clock;
  readonly vault: Pick<Vault, "mac">;
  readonly states: RequestStates;
  /** Lines to legacy servers for callers without sessions. */
  readonly lines: LinePool;
  readonly conversations: Conversations;
  /** The replica that serves. */
  readonly replica: string;
  /** A server says that what it offers has changed. */
  readonly onListChanged?: (serverId: string) => void;
  /** A server could not be reached, or did not answer as one should. */
  readonly onServerFailed?: (serverId: string) => void;
  /** Told of each call after it was recorded. */
  readonly onCall?: (call: CallSummary) => void;
}

/** A request of which nothing has been read but how it comes, and whence. */
export type Arrival = PortalAddress & Pick<Received, "authorization" | "standing" | "address">;

/** A call under way, and what has to stay true of its caller. */
export interface HeldCall {
  readonly principal: Principal;
  readonly authorization: string | undefined;
  readonly standing?: Received["standing"];
  /** The portal's slug. */
  readonly portal: string;
  readonly connection: Connection;
  /** When rules let it through, milliseconds since the epoch: that time goes by takes nothing away. */
  readonly sinceMs: number;
  /** What goes to a server, as a use of that. Of a tool of the portal's own nothing but that its caller may come in. */
  readonly toServer?: { readonly use: Use; readonly judged: PolicyUse } | undefined;
  readonly onEnd: (why: Fault) => void;
}

/** What is counted and logged of a call. */
export interface CallSummary {
  readonly portal: string;
  readonly server: string | undefined;
  readonly method: string;
  readonly outcome: string;
  readonly code: string | undefined;
  readonly stage: string | undefined;
  readonly durationMs: number;
  readonly upstreamMs: number | undefined;
  readonly requestId: string;
  /** Wall time of the call's arrival, milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** What the caller says the call is part of. */
  readonly trace: TraceContext | undefined;
}

/** One step on the way of a call. It adds what it found out, or throws a fault that ends the call. */
export interface Stage<Needs, Adds, Ports = CallPorts> {
  readonly name: string;
  /** The package that the work is done in. */
  readonly owner: string;
  /** One line for the documentation. */
  readonly does: string;
  readonly run: (call: Needs, ports: Ports) => Adds | Promise<Adds>;
}

export function defineStage<Needs, Adds, Ports = CallPorts>(
  stage: Stage<Needs, Adds, Ports>,
): Stage<Needs, Adds, Ports> {
  return Object.freeze(stage);
}

/** A table of stages in their order. `Facts` is what is known after the last of them. */
export interface StageTable<Facts, Ports = CallPorts> {
  readonly stages: readonly Stage<never, object, Ports>[];
  /** The table with one more stage, which may only need what the earlier ones add. */
  with<Adds extends object>(stage: Stage<Facts, Adds, Ports>): StageTable<Facts & Adds, Ports>;
}

export function stageTable<Facts, Ports = CallPorts>(
  stages: readonly Stage<never, object, Ports>[] = [],
): StageTable<Facts, Ports> {
  return { stages, with: (stage) => stageTable([...stages, stage]) };
}
