/** One durable request for a human decision. Calls ask today; definitions, deployments and code runs will. */
import type { Id } from "@castellan/kernel";

/** What something is asked for. Later kinds have subjects of their own. */
export type ApprovalKind = "call";

/**
 * `pending`: needs are open. `approved`: all are met, and it has not been used. `used`: what was asked for was begun.
 * `rejected`, `withdrawn` (by the asker), `expired`: over.
 */
export const approvalStates = ["pending", "approved", "used", "rejected", "withdrawn", "expired"] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** Who asks. */
export interface Asker {
  /** The principal's id. */
  readonly id: string;
  readonly kind: "user" | "service" | "public";
  readonly name: string;
  readonly email: string | undefined;
  /** What the person gave the client; absent: there is none. */
  readonly grantId: string | undefined;
  /** The client, as people know it. */
  readonly client: string | undefined;
}

/** Who may decide (see `policy`'s `Deciders`, which it equals). */
export interface Deciders {
  readonly self?: boolean | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly people?: readonly string[] | undefined;
}

/** One thing that must be done, and the rule that wants it. */
export type Need =
  | {
      readonly kind: "decision";
      readonly rule: string;
      readonly deciders: Deciders;
      readonly holdsSeconds: number;
    }
  /** The asker proves anew who they are. */
  | {
      readonly kind: "proof";
      readonly rule: string;
      readonly withinSeconds: number;
      readonly methods: readonly string[] | undefined;
    }
  /** The asker says what for. */
  | { readonly kind: "purpose"; readonly rule: string; readonly holdsSeconds: number };

/** What came of a need. Absent while it is open. */
export interface Met {
  /** At the same place as the need. */
  readonly need: number;
  readonly at: Date;
  /** The user's id; the asker's own for proof and purpose. */
  readonly by: string;
  readonly byName: string;
  /** The reason of a decision, or the purpose. A person's text, at most 2,000 characters. */
  readonly text: string | undefined;
}

/** What it is about, in a form that people can judge. Only `arguments` is secret. */
export interface Subject {
  readonly portal: string;
  readonly server: string;
  readonly method: string;
  /** The public name of what is called. */
  readonly target: string;
  /** The server's own name of it. */
  readonly name: string;
  readonly class: string;
  /** From where it was asked. */
  readonly address: string;
  /** The run of code that asked first for the call (Code Mode); absent: its client did. */
  readonly runId?: Id<"run"> | undefined;
}

export interface Approval {
  readonly id: Id<"approval">;
  readonly kind: ApprovalKind;
  readonly state: ApprovalState;
  readonly asker: Asker;
  readonly subject: Subject;
  readonly needs: readonly Need[];
  readonly met: readonly Met[];
  /** Who rejected it, and why. */
  readonly rejection:
    | { readonly by: string; readonly byName: string; readonly at: Date; readonly reason: string }
    | undefined;
  readonly askedAt: Date;
  readonly expiresAt: Date;
  readonly decidedAt: Date | undefined;
  readonly usedAt: Date | undefined;
  /** Grows with each step. */
  readonly version: number;
}

/** Somebody who looks at requests or decides. Read anew for each request: who lost the right has lost it. */
export interface Person {
  readonly id: Id<"user">;
  readonly name: string;
  readonly email: string;
  readonly directory: string;
  readonly groups: readonly string[];
  readonly role: string;
}
