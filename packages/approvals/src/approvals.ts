/** Everything that can be done with requests for a decision, and the background work that keeps them in order. */
import type { ChangeFeed, Database, Queryable, RowWait } from "@castellan/database";
import type { Clock, Id } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import type {
  Approval,
  ApprovalKind,
  ApprovalState,
  Asker,
  Deciders,
  Need,
  Person,
  Subject,
} from "./approval.ts";

/** What somebody asks for. */
export interface NewApproval {
  readonly kind: ApprovalKind;
  readonly asker: Asker;
  readonly subject: Subject;
  /** A digest over caller, portal, server, method and arguments: the same call asked again is the same request. */
  readonly binding: string;
  /** What a yes or a purpose that holds for longer holds for: a digest over caller, portal, server and tool. */
  readonly holdsFor: string;
  /** At least one. */
  readonly needs: readonly Need[];
  /** The arguments as people read them, at most 256 KiB as UTF-8. Kept sealed. */
  readonly arguments: string;
  readonly expiresAt: Date;
  /** When those who may decide are told once more. Absent: never. */
  readonly remindAt?: Date | undefined;
}

export interface ApprovalFilter {
  readonly state?: ApprovalState | undefined;
  readonly askerId?: string | undefined;
  /** Only what this person asked for or may decide, now or once. */
  readonly visibleTo?: Person | undefined;
  /** Only what waits for this person's decision. */
  readonly decidableBy?: Person | undefined;
  /** The last one of the page before. */
  readonly after?: Id<"approval"> | undefined;
  readonly limit: number;
}

/** A request as one person sees it. */
export interface SeenApproval extends Approval {
  /** What exactly was asked for. */
  readonly arguments: string | undefined;
  /** Whether a yes or a no of theirs would count at this moment. */
  readonly mayDecide: boolean;
}

/** That somebody proved who they are. */
export interface Proof {
  readonly at: Date;
  /** RFC 8176. */
  readonly amr: readonly string[];
}

/**
 * Requests for human decisions, over all replicas. Whatever is returned tells the state at this moment: what is overdue
 * is `expired`, whoever swept or not.
 */
export interface Approvals extends AsyncDisposable {
  /**
   * Asks, or finds what was asked already for the same binding: the one that is living (`pending`, `approved`), brought
   * up to these needs, or one that was `rejected` within the last ten minutes, for a no is not asked away by asking again.
   * Faults: `approvals_limited`, `approval_too_large`.
   */
  ask(approval: NewApproval): Promise<Approval>;
  /** The `pending` or `approved` one for this binding. */
  living(binding: string): Promise<Approval | undefined>;
  find(id: Id<"approval">): Promise<Approval | undefined>;
  /** Those of these that there are, in any order: one look-up. */
  findAll(ids: readonly Id<"approval">[]): Promise<readonly Approval[]>;
  /** Newest first; a page is as long as the limit unless it is the last. */
  page(filter: ApprovalFilter): Promise<Approval[]>;
  /** For its asker and for those who may decide. Fault: `approval_not_found`. */
  seenBy(person: Person, id: Id<"approval">): Promise<SeenApproval>;
  /**
   * A yes meets every open need that this person may decide; a no ends it. Of several at once one counts.
   * Faults: `approval_not_found`, `approval_not_yours`, `approval_settled`, `invalid_input` (reason).
   */
  decide(
    id: Id<"approval">,
    decision: {
      readonly by: Person;
      readonly yes: boolean;
      /** Up to 2,000 characters. */
      readonly reason?: string | undefined;
    },
  ): Promise<Approval>;
  /**
   * The asker proves who they are, or says what for. Faults: `approval_not_found`, `approval_not_yours`,
   * `approval_settled`, `approval_proof_insufficient`, `invalid_input` (purpose).
   */
  meet(
    id: Id<"approval">,
    step: { readonly by: Person; readonly proof?: Proof | undefined; readonly purpose?: string | undefined },
  ): Promise<Approval>;
  /** Faults: `approval_not_found` for whoever did not ask, `approval_settled`. */
  withdraw(id: Id<"approval">, askerId: string): Promise<Approval>;
  /**
   * Those of these needs, the same objects, for which a yes or a purpose of an earlier call still holds, judged as the rules
   * are now: within the time of the need as it is now, and said by somebody who may decide now.
   */
  holding(holdsFor: string, needs: readonly Need[]): Promise<readonly Need[]>;
  /**
   * At the moment of execution, with the needs as they are now: uses up an approved request, once. What no longer covers
   * a need (its decider has lost the right or is gone, the rule has changed, the proof is too old) is open again, and
   * those who may decide are told. Answers the request where it was not used; look at its `state`.
   * Fault: `approval_not_found`, also for another binding.
   */
  use(id: Id<"approval">, binding: string, needs: readonly Need[]): Promise<"used" | Approval>;
  /**
   * For one more round of the call for which it was used: each version is good for one round. Answers the next version;
   * undefined where the round was taken already, or the request was not used.
   */
  goOn(id: Id<"approval">, version: number): Promise<number | undefined>;
  /**
   * Waits until it is decided, withdrawn or expired, on whichever replica, or until the time is over: then it is answered
   * as it is, `pending`. Throws the signal's reason; `approval_not_found`; `shutting_down` when this replica stops.
   */
  settled(id: Id<"approval">, wait: RowWait): Promise<Approval>;
}

/** What happened to a request, for whoever should hear of it. */
export interface ApprovalEvent {
  /** `asked`: also when a need is open again. `decided`: approved, rejected or expired; see the state. */
  readonly kind: "asked" | "reminder" | "decided";
  readonly approval: Approval;
  /** E-mail addresses, each once: of those who may decide; with `decided`, of the asker. May be empty. */
  readonly to: readonly string[];
}

/** Who people are at this moment, read within the transaction that asks. */
export interface ApprovalPeople {
  /** Undefined: there is no such user, or a suspended one. */
  person(tx: Queryable, id: string): Promise<Person | undefined>;
  /** Active users of the company's directory who are in one of these groups or are one of these people; at most `limit`. */
  deciders(tx: Queryable, deciders: Deciders, limit: number): Promise<readonly { readonly email: string }[]>;
}

export interface ApprovalOptions {
  readonly database: Database;
  /** Seals the arguments. */
  readonly vault: Pick<Vault, "seal" | "open">;
  readonly clock: Clock;
  /** Topic `approvals`, keys are ids. */
  readonly changes: Pick<ChangeFeed, "on">;
  readonly people: ApprovalPeople;
  /** Called in the transaction of what it tells of; it may run again, so it must do nothing but write there. */
  readonly notify?: (tx: Queryable, event: ApprovalEvent) => Promise<void>;
  /** Told when background work fails; it goes on. */
  readonly onError: (error: unknown) => void;
  /**
   * How many requests one caller may have waiting, and how many of the last hour may have come to nothing. Default 20; the
   * public shares five times as many.
   */
  readonly maxPending?: number;
  /** Default 15,000. */
  readonly sweepEveryMs?: number;
  /** How often requests that somebody waits for are looked at though no change was told. Default 5,000. */
  readonly pollEveryMs?: number;
}
